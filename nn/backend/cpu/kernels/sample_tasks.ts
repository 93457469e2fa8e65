/** How `[samples, features]` is split into tasks: pieces of one sample each. */
import type { KernelBuilder } from "../threads/kernel.ts";
import type { Split } from "../threads/thread_pool.ts";
import { F64x2, type I32, load, type Local } from "../wasm/mod.ts";
import { ELEMENT_GRAIN } from "./grain.ts";
import type { F32x4, F64 } from "../wasm/mod.ts";

/** Arguments of kernels that work on pieces of samples. */
export const PIECE_PARAMETERS = { features: "i32", pieces: "i32" } as const;

/** The split of `[samples, features]`, by size only; `pieces` per sample. */
export function samplePieces(
  samples: number,
  features: number,
): { readonly split: Split; readonly values: { readonly features: number; readonly pieces: number } } {
  const pieces = Math.ceil(features / ELEMENT_GRAIN);
  return { split: { count: samples * pieces, grain: 1 }, values: { features, pieces } };
}

/** The running task's sample, and its elements counted from the array's start. */
export function pieceOf(
  k: KernelBuilder,
  { features, pieces }: { readonly [Name in keyof typeof PIECE_PARAMETERS]: Local<I32> },
): { sample: Local<I32>; first: Local<I32>; begin: Local<I32>; end: Local<I32> } {
  const sample = k.i32(k.task.div(pieces));
  const first = k.i32(sample.mul(features));
  const begin = k.i32(first.add(k.task.rem(pieces).mul(ELEMENT_GRAIN)));
  return { sample, first, begin, end: k.i32(begin.add(ELEMENT_GRAIN).min(first.add(features))) };
}

/** A sum in double precision of the lanes of many vectors. */
export class LaneSum {
  readonly #low: Local<F64x2>;
  readonly #high: Local<F64x2>;

  /** Zero at this point of the kernel. */
  constructor(k: KernelBuilder) {
    this.#low = k.f64x2(0);
    this.#high = k.f64x2(0);
  }

  /** Adds four numbers. `value` is used twice. */
  add(value: F32x4): void {
    this.addHalves(value.lowToF64x2(), value.highToF64x2());
  }

  /** Adds two pairs of numbers. */
  addHalves(low: F64x2, high: F64x2): void {
    this.#low.set(this.#low.add(low));
    this.#high.set(this.#high.add(high));
  }

  /** The sum, to be used once. */
  total(): F64 {
    const both = this.#low.add(this.#high);
    return both.lane(0).add(both.lane(1));
  }
}

/** Adds up `count` pairs of doubles from `partial` on. */
export function addPairs(k: KernelBuilder, partial: Local<I32>, count: I32): [F64, F64] {
  const first = k.f64(0), second = k.f64(0);
  k.range(0, count, () => {
    first.set(first.add(load.f64(partial)));
    second.set(second.add(load.f64(partial, 8)));
    partial.set(partial.add(16));
  });
  return [first, second];
}
