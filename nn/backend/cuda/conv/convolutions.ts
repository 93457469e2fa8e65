/** Runs convolutions: operands prepared for cuDNN, plans chosen, results brought back. */
import {
  type ConvolutionOperation,
  type ConvolutionProblem,
  type CudnnHandle,
  Event,
  execute,
  isUnsupported,
} from "../../../../ffi/mod.ts";
import type { ConvGeometry } from "../../backend.ts";
import type { ConvTypes } from "../../counting_backend.ts";
import type { DevicePool } from "../pool.ts";
import type { Staging } from "../staging.ts";
import type { Workspace } from "../workspace.ts";
import type { Candidate } from "./candidates.ts";
import { Bf16Operands } from "./bf16_operands.ts";
import { shortestRun } from "./measurement.ts";
import { chunkOf, type Planner } from "./planner.ts";
import { convertedOperands, convolutionProblem, OUTPUT_INDEX, storedBytes, tensorBytes } from "./problem.ts";

const ALIGNMENT = 16n;

/** Device addresses of x, w and y. */
export type Operands = readonly [x: bigint, w: bigint, y: bigint];

/** What convolutions run with. */
export interface ConvolutionContext {
  readonly pool: DevicePool;
  readonly staging: Staging;
  readonly workspace: Workspace;
  readonly handle: CudnnHandle;
  readonly planner: Planner;
  readonly bf16: Bf16Operands;
}

/** All convolutions of an engine. */
export class Convolutions implements Disposable {
  readonly #start: Event;
  readonly #end: Event;

  constructor(private readonly context: ConvolutionContext) {
    using building = new DisposableStack();
    this.#start = building.use(new Event(context.pool.runtime, true));
    this.#end = building.use(new Event(context.pool.runtime, true));
    building.move();
  }

  /** Computes one operation: what it writes is overwritten, or added to. Filters are float32, x and y of `types`. */
  run(
    geometry: ConvGeometry,
    operation: ConvolutionOperation,
    operands: Operands,
    types: ConvTypes,
    accumulate: boolean,
  ): void {
    const { planner } = this.context, { precision } = planner.policy;
    const converted = precision === "bf16" ? convertedOperands(types) : [];
    // A result that is converted is added then, in float32.
    const direct = !converted.includes(OUTPUT_INDEX[operation]);
    const whole = convolutionProblem(geometry, operation, precision, direct && accumulate);
    const chunks = planner.chunks(whole), part = chunkOf(whole, chunks);
    const partGeometry = { ...geometry, batch: part.batch };
    const [xBytes, yBytes] = storedBytes(partGeometry, types);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const at: Operands = [
        operands[0] + BigInt(chunk * xBytes),
        operands[1],
        operands[2] + BigInt(chunk * yBytes),
      ];
      // Parts of a batch share one filter gradient: from the second on they add to it.
      const adds = accumulate || (operation === "filterGradient" && chunk > 0);
      const problem = convolutionProblem(partGeometry, operation, precision, direct && adds);
      if (precision === "bf16") this.#runBf16(partGeometry, problem, converted, at, adds);
      else this.#runAligned(problem, at);
    }
  }

  [Symbol.dispose](): void {
    this.#start[Symbol.dispose]();
    this.#end[Symbol.dispose]();
  }

  /** Operands in float32, `converted`, go through the workspace. */
  #runBf16(
    geometry: ConvGeometry,
    problem: ConvolutionProblem,
    converted: readonly (0 | 1 | 2)[],
    operands: Operands,
    accumulate: boolean,
  ): void {
    const { bf16 } = this.context, stores = converted.includes(OUTPUT_INDEX[problem.operation]);
    this.#withScratch(problem, converted, (scratch, candidate, workspace) => {
      bf16.load(geometry, problem, converted, operands, scratch);
      const status = this.#execute(candidate, scratch, workspace);
      if (status === 0 && stores) bf16.store(geometry, problem, scratch, operands, accumulate);
      return status;
    }, operands);
  }

  /** float32 operands; those that are not at a multiple of 16 bytes go through the workspace. */
  #runAligned(problem: ConvolutionProblem, operands: Operands): void {
    const output = OUTPUT_INDEX[problem.operation], { staging: { compute } } = this.context;
    const bytes = tensorBytes(problem);
    const moved = ([0, 1, 2] as const).filter((index) => operands[index] % ALIGNMENT !== 0n);
    this.#withScratch(problem, moved, (scratch, candidate, workspace) => {
      for (const index of moved) {
        if (index === output && problem.beta === 0) continue;
        compute.copy("DeviceToDevice", scratch[index], operands[index], bytes[index]);
      }
      const status = this.#execute(candidate, scratch, workspace);
      if (status === 0 && moved.includes(output)) {
        compute.copy("DeviceToDevice", operands[output], scratch[output], bytes[output]);
      }
      return status;
    }, operands);
  }

  /**
   * Calls `attempt` with the best plan and a workspace that holds the operands `moved` beside the plan's scratch, with
   * the next plan if the engine refuses, until one runs.
   */
  #withScratch(
    problem: ConvolutionProblem,
    moved: readonly (0 | 1 | 2)[],
    attempt: (scratch: Operands, candidate: Candidate, workspace: bigint) => number,
    operands: Operands,
  ): void {
    const { planner, workspace } = this.context, bytes = tensorBytes(problem);
    for (;;) {
      let measured = false;
      const { candidates: [candidate] } = planner.plan(problem, (tried, best) => {
        measured = true;
        return this.#measure(problem, tried, best);
      });
      if (measured) this.context.pool.trim(); // of scratch that nothing else has the size of
      const parts = workspace.parts(...moved.map((index) => bytes[index]), candidate.plan.workspaceBytes);
      const place = (index: 0 | 1 | 2) => moved.includes(index) ? parts[moved.indexOf(index)] : operands[index];
      const status = attempt([place(0), place(1), place(2)], candidate, parts[parts.length - 1]);
      if (status === 0) return;
      if (!isUnsupported(status)) planner.cudnn.library.expect("cudnnBackendExecute", status);
      planner.drop(problem, status);
    }
  }

  #execute(candidate: Candidate, [x, w, y]: Operands, workspace: bigint): number {
    return execute(this.context.handle, candidate.plan, x, w, y, workspace);
  }

  /** Time of a candidate on scratch operands, which are given back afterwards. @throws {OutOfMemoryError} */
  #measure(problem: ConvolutionProblem, candidate: Candidate, best: number): number | null {
    const { pool, staging: { compute } } = this.context;
    const sizes = [...tensorBytes(problem), Math.max(1, candidate.plan.workspaceBytes)];
    using scratch = new DisposableStack();
    const blocks = sizes.map((size) =>
      scratch.adopt(pool.allocate(size, "scratch to measure plans"), (block) => pool.release(block))
    );
    // Bytes that are the number 0.01 in float32 as in bfloat16: sums stay finite.
    for (const { memory, byteLength } of blocks.slice(0, 3)) compute.fillBytes(memory.address, 0x3c, byteLength);
    const [x, w, y, workspace] = blocks.map(({ memory }) => memory.address);
    return shortestRun(() => {
      this.#start.record(compute);
      const status = this.#execute(candidate, [x, w, y], workspace);
      if (isUnsupported(status)) {
        compute.synchronize();
        return null;
      }
      this.context.planner.cudnn.library.expect("cudnnBackendExecute", status);
      this.#end.record(compute);
      this.#end.synchronize();
      return this.#end.millisecondsSince(this.#start);
    }, best);
  }
}
