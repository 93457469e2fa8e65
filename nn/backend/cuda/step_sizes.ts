/** Step sizes of Adam: numbers that differ from one iteration to the next while everything else stays as it is. */
import { DeviceMemory, type Runtime } from "../../../ffi/mod.ts";
import type { AdamStep } from "../backend.ts";
import type { MemoryLedger } from "../memory.ts";
import { FLOAT_BYTES, NONE } from "./kernel_context.ts";
import type { Staging } from "./staging.ts";

/** Most Adam steps of one graph. */
const CAPACITY = 128;
const TAG = "step sizes of graphs";

/** What a step moves by, corrected for the moments' start at 0 (Kingma & Ba 2015, section 2). */
export function stepSize({ learningRate, beta1, beta2, step }: AdamStep): number {
  return learningRate * Math.sqrt(1 - beta2 ** step) / (1 - beta1 ** step);
}

/**
 * Hands step sizes to kernels: as arguments, but within a graph, whose arguments are fixed, by their place in memory,
 * which is written before each launch of the graph.
 */
export class StepSizes implements Disposable {
  readonly #memory: DeviceMemory;
  readonly #ledger: MemoryLedger;
  /** Steps in the graph that is being captured; null while none is. */
  #captured: number | null = null;

  /** Takes the memory. @throws {LibraryError} @throws {OutOfMemoryError} */
  constructor(runtime: Runtime, ledger: MemoryLedger) {
    ledger.take(CAPACITY * FLOAT_BYTES, TAG);
    this.#ledger = ledger;
    try {
      this.#memory = new DeviceMemory(runtime, CAPACITY * FLOAT_BYTES);
    } catch (error) {
      ledger.give(CAPACITY * FLOAT_BYTES, TAG);
      throw error;
    }
  }

  /** Arguments of a kernel for its next step: the size or where it will lie, the other one 0. */
  next(shape: AdamStep): { readonly rate: number; readonly rateAt: bigint } {
    if (this.#captured === null) return { rate: stepSize(shape), rateAt: NONE };
    if (this.#captured === CAPACITY) throw new RangeError(`more than ${CAPACITY} Adam steps in one graph`);
    return { rate: 0, rateAt: this.#memory.address + BigInt(this.#captured++ * FLOAT_BYTES) };
  }

  /** Runs `capture`, which makes a graph: its kernels will find their step sizes in memory, in their order. */
  inGraph<T>(capture: () => T): T {
    this.#captured = 0;
    try {
      return capture();
    } finally {
      this.#captured = null;
    }
  }

  /** Writes the step sizes of the next launch, in the order of the kernels. */
  write(staging: Staging, steps: readonly AdamStep[]): void {
    staging.upload(Float32Array.from(steps, stepSize), this.#memory.address);
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
    this.#ledger.give(CAPACITY * FLOAT_BYTES, TAG);
  }
}
