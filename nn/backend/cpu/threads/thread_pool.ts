/** Threads over one linear memory that run kernels, task by task. */
import { ModuleBuilder } from "../wasm/mod.ts";
import { CONTROL } from "./control.ts";
import { addDriver } from "./driver.ts";
import { reportedFailure } from "./failure.ts";
import { type Kernel, KernelBuilder, type Parameters, type ParameterValues } from "./kernel.ts";
import { type ModuleEnvironment, NATIVE_IMPORT, type ThreadHost, type ThreadStart } from "./thread_host.ts";

/** How a job is split: `count` items, `grain` of them per task. The split must depend on sizes only. */
export interface Split {
  readonly count: number;
  readonly grain: number;
}

/** Options of {@link ThreadPool.open}. */
export interface ThreadPoolOptions {
  /** What starts threads. */
  readonly host: ThreadHost;
  /**
   * Memory that does not grow, as workers would know its size too late; addresses below `CONTROL.end` belong to
   * the pool.
   */
  readonly memory: WebAssembly.Memory;
  /** Everything that will be run. */
  readonly kernels: readonly Kernel[];
  /** Address of the private memory of each thread; their number is the number of threads (the caller's included). */
  readonly scratches: readonly number[];
  /** Address of the entry of machine code for {@link ThreadPool.runNative}; it must outlive the pool's work. */
  readonly nativeEntry?: bigint | null;
}

type Dispatch = (slot: number, tasks: number, count: number, grain: number) => void;

/** Threads that wait for jobs. The thread that calls {@link run} takes part. Dispose it to stop the workers. */
export class ThreadPool implements Disposable {
  readonly #memory: WebAssembly.Memory;
  readonly #environment: ModuleEnvironment;
  readonly #slots: ReadonlyMap<Kernel, number>;
  readonly #nativeSlot: number | null;
  readonly #dispatch: Dispatch;
  readonly #floats: Float32Array;
  readonly #doubles: Float64Array;
  readonly #words: Int32Array;
  #open = true;

  private constructor(
    memory: WebAssembly.Memory,
    environment: ModuleEnvironment,
    slots: ReadonlyMap<Kernel, number>,
    nativeSlot: number | null,
    dispatch: Dispatch,
    /** Number of threads, the calling one included. */
    readonly threads: number,
  ) {
    this.#memory = memory;
    this.#environment = environment;
    this.#slots = slots;
    this.#nativeSlot = nativeSlot;
    this.#dispatch = dispatch;
    this.#floats = new Float32Array(memory.buffer, 0, CONTROL.end / 4);
    this.#doubles = new Float64Array(memory.buffer, 0, CONTROL.end / 8);
    this.#words = new Int32Array(memory.buffer, 0, CONTROL.end / 4);
  }

  /** Compiles the kernels and starts the workers. */
  static async open({ host, memory, kernels, scratches, nativeEntry = null }: ThreadPoolOptions): Promise<ThreadPool> {
    const builder = new ModuleBuilder(host.sharedMemory);
    const nativeSlot = nativeEntry === null ? null : addNativeKernel(builder);
    const slots = new Map(kernels.map((kernel) => [kernel, builder.slot(builder.add(kernel.build(builder)))]));
    addDriver(builder);
    const module = await WebAssembly.compile(builder.finish());
    const [own, ...others] = scratches;
    const start = (scratch: number): ThreadStart => ({ memory, scratch, nativeEntry });
    using owned = new DisposableStack();
    const environment = owned.use(host.openEnvironment(start(own)));
    const { exports } = await WebAssembly.instantiate(module, environment.imports);
    const ready = others.map((scratch) => host.startWorker({ ...start(scratch), module }));
    const dispatch = exports.dispatch as Dispatch, threads = scratches.length;
    const pool = new ThreadPool(memory, environment, slots, nativeSlot, dispatch, threads);
    owned.move();
    try {
      await Promise.all(ready);
    } catch (error) {
      pool[Symbol.dispose]();
      throw error;
    }
    return pool;
  }

  /** Runs all tasks of a job and returns when they are done. A single task is run at once, on this thread. */
  run<P extends Parameters>(kernel: Kernel<P>, split: Split, values: ParameterValues<P>): void {
    const slot = this.#slots.get(kernel);
    if (slot === undefined) throw new TypeError(`kernel ${kernel.name} is not among those the pool was opened with`);
    this.#checkOpen(kernel.name);
    if (split.count <= 0) return;
    this.#writeArguments(kernel, values);
    this.#start(kernel.name, slot, split);
  }

  /**
   * Runs `tasks` tasks of the kernel in machine code that is `kernel` bytes from the entry, and returns when they are
   * done. Threads claim tasks in the code itself. `values`: one word for each parameter, in order.
   */
  runNative(name: string, kernel: number, tasks: number, values: readonly number[]): void {
    if (this.#nativeSlot === null) throw new TypeError(`the pool was opened without machine code; ${name} cannot run`);
    this.#checkOpen(name);
    if (tasks <= 0) return;
    values.forEach((value, index) => this.#words[CONTROL.arguments / 4 + index * 2] = value);
    this.#words[CONTROL.nativeEntry / 4] = kernel;
    this.#words[CONTROL.nativeTasks / 4] = tasks;
    Atomics.store(this.#words, CONTROL.nativeRemaining / 4, tasks);
    this.#start(name, this.#nativeSlot, { count: Math.min(tasks, this.threads), grain: 1 });
  }

  /** Asks the workers to return; they end on their own. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#environment[Symbol.dispose]();
    Atomics.store(this.#words, CONTROL.stop / 4, 1);
    Atomics.add(this.#words, CONTROL.epoch / 4, 1);
    Atomics.notify(this.#words, CONTROL.epoch / 4);
  }

  #checkOpen(kernel: string): void {
    if (!this.#open) throw new TypeError(`the CPU engine was closed or has failed; ${kernel} cannot run`);
  }

  #start(kernel: string, slot: number, { count, grain }: Split): void {
    try {
      this.#dispatch(slot, Math.ceil(count / grain), count, grain);
    } catch (error) {
      this.#fail(kernel, error);
    }
    if (this.#words[CONTROL.failed / 4] !== 0) this.#fail(kernel, reportedFailure(this.#memory));
  }

  #writeArguments<P extends Parameters>(kernel: Kernel<P>, values: ParameterValues<P>): void {
    for (const { name, type, offset } of kernel.layout) {
      const value = values[name];
      const place = CONTROL.arguments + offset;
      if (type === "f32") this.#floats[place / 4] = value;
      else if (type === "f64") this.#doubles[place / 8] = value;
      else this.#words[place / 4] = value;
    }
  }

  #fail(kernel: string, cause: unknown): never {
    this[Symbol.dispose]();
    throw new Error(`kernel ${kernel} of the CPU engine failed`, { cause });
  }
}

/** Adds the kernel each of whose tasks is a thread that claims tasks in machine code; returns its slot. */
function addNativeKernel(builder: ModuleBuilder): number {
  const native = builder.importFunction(NATIVE_IMPORT), kernel = new KernelBuilder(builder);
  kernel.call(native);
  return builder.slot(builder.add(kernel));
}
