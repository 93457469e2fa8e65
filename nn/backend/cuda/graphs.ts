/** Work that repeats, put into the stream as one CUDA graph instead of launch by launch. */
import { Graph, LibraryError } from "../../../ffi/mod.ts";
import type { AdamStep } from "../backend.ts";
import { OPERATION_NAMES, type OperationName } from "../calls.ts";
import type { DeviceOperations } from "./kernel_context.ts";
import type { Staging } from "./staging.ts";
import type { StepSizes } from "./step_sizes.ts";
import type { Workspace } from "./workspace.ts";

/** A call of an operation: its shape, then its operands as addresses of the device, and whatever else the engine gets. */
interface DeviceCall {
  readonly name: OperationName;
  readonly shape: unknown;
  readonly rest: readonly unknown[];
}

type AnyKernels = Readonly<Record<OperationName, (shape: unknown, ...rest: readonly unknown[]) => void>>;

/** The calls of one run of the work, and the graph made of them when they came a second time. */
interface Recording {
  readonly calls: readonly DeviceCall[];
  graph: Graph | null;
  /** Address of the workspace that the graph uses. */
  workspace: bigint | null;
}

/** A run that goes on. */
interface Run {
  /** So far. */
  readonly calls: DeviceCall[];
  /**
   * "like the last": the calls are those of the run before and wait, to be launched together; otherwise they are in the
   * stream: of a run of its own kind ("new"), one that was like the last until somebody wanted a result
   * ("interrupted"), or one that has been launched as a graph.
   */
  state: "like the last" | "new" | "interrupted" | "launched";
}

/** What {@link Graphs} works with. */
export interface GraphContext {
  readonly staging: Staging;
  readonly workspace: Workspace;
  readonly stepSizes: StepSizes;
  /** Whether graphs are wanted. */
  readonly usesGraphs: boolean;
  /** Told, once, when graphs cannot be used. */
  readonly notice: (message: string) => void;
}

/**
 * The operations of an engine, with a memory for work that repeats.
 *
 * The first run of such work is put into the stream call by call. From the second on calls wait and are compared with
 * those of the run before. If all are the same, shapes and addresses alike but for the step sizes of Adam, they are
 * captured as a graph, once, and the graph is launched in their place. At the first that differs, or when somebody wants
 * a result, those that wait are put into the stream and the run goes on call by call. So a graph never computes anything
 * but what was asked for.
 */
export class Graphs implements Disposable {
  /** The operations that were given, by way of here. */
  readonly operations: DeviceOperations;
  readonly #kernels: AnyKernels;
  readonly #recordings = new Map<string, Recording>();
  #run: Run | null = null;
  /** What {@link #run} is compared with. */
  #last: Recording | null = null;
  #usable: boolean;
  #launches = 0;

  /** `kernels`: the operations themselves. */
  constructor(kernels: DeviceOperations, private readonly context: GraphContext) {
    this.#kernels = kernels as unknown as AnyKernels;
    this.#usable = context.usesGraphs;
    const entries = OPERATION_NAMES.map((name) =>
      [name, (shape: unknown, ...rest: readonly unknown[]) => this.#call({ name, shape, rest })] as const
    );
    this.operations = Object.fromEntries(entries) as unknown as DeviceOperations;
  }

  /** Launches of graphs so far. */
  get launches(): number {
    return this.#launches;
  }

  /** Runs `work`, which makes the same calls whenever it is run with the same `key`. */
  repeated(key: string, work: () => void): void {
    if (!this.#usable || this.#run) return work();
    const last = this.#last = this.#recordings.get(key) ?? null;
    const run: Run = this.#run = { calls: [], state: last ? "like the last" : "new" };
    try {
      work();
      if (last && run.calls.length === last.calls.length) this.#launch(run, last);
    } finally {
      this.#run = this.#last = null;
      this.#issue(run, "new");
    }
    if (run.state !== "new") return;
    last?.graph?.[Symbol.dispose]();
    this.#recordings.set(key, { calls: run.calls, graph: null, workspace: null });
  }

  /** Puts into the stream what waits: before other work is, and before memory goes back to the device. */
  flush(): void {
    if (this.#run) this.#issue(this.#run, "interrupted");
  }

  [Symbol.dispose](): void {
    for (const { graph } of this.#recordings.values()) graph?.[Symbol.dispose]();
    this.#recordings.clear();
  }

  #call(call: DeviceCall): void {
    const run = this.#run;
    run?.calls.push(call);
    if (run?.state !== "like the last") this.#perform(call);
    else if (!sameCall(call, this.#last?.calls[run.calls.length - 1])) this.#issue(run, "new");
  }

  #perform({ name, shape, rest }: DeviceCall): void {
    this.#kernels[name](shape, ...rest);
  }

  /** Puts the calls of a run into the stream, if they wait, which is in another state from then on. */
  #issue(run: Run, state: Run["state"]): void {
    if (run.state !== "like the last") return;
    run.state = state;
    for (const call of run.calls) this.#perform(call);
  }

  /**
   * Puts a run that is like the last into the stream as a graph, which is made of it if there is none yet. Where a library
   * refuses, the calls go on waiting, and no graph is made any more.
   */
  #launch(run: Run, last: Recording): void {
    if (run.state !== "like the last") return;
    const { staging, workspace, stepSizes, notice } = this.context, { compute } = staging;
    run.state = "launched";
    try {
      if (!last.graph || last.workspace !== workspace.address) {
        last.graph?.[Symbol.dispose]();
        last.graph = stepSizes.inGraph(() =>
          new Graph(compute, () => run.calls.forEach((call) => this.#perform(call)))
        );
        last.workspace = workspace.address;
      }
      stepSizes.write(staging, run.calls.filter(({ name }) => name === "adam").map(({ shape }) => shape as AdamStep));
      last.graph.launch(compute);
      this.#launches++;
    } catch (error) {
      if (!(error instanceof LibraryError)) throw error;
      compute.synchronize(); // throws if the device broke before
      run.state = "like the last";
      this.#usable = false;
      notice(`CUDA graphs are not used from now on, which changes no result: ${error.message}`);
    }
  }
}

/** Whether a graph made of one call does what the other asks for. */
function sameCall(a: DeviceCall, b: DeviceCall | undefined): boolean {
  return a.name === b?.name && same(a.rest, b.rest) && same(fixedPart(a), fixedPart(b));
}

/** The shape of a call without what {@link StepSizes} hands over. */
function fixedPart({ name, shape }: DeviceCall): unknown {
  return name === "adam" ? { ...(shape as AdamStep), learningRate: null, step: null } : shape;
}

/** Whether two values are equal, member by member. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const keys = Object.keys(a) as (keyof typeof a)[];
  return keys.length === Object.keys(b).length && keys.every((key) => same(a[key], b[key]));
}
