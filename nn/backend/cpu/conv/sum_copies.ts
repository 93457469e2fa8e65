/** Adds up private copies of a result, always in the same order. */
import type { Engine } from "../engine.ts";
import { defineKernel } from "../threads/kernel.ts";
import { load } from "../wasm/mod.ts";

/** Elements per task. */
const GRAIN = 4096;

/** result`[begin..end]` (+)= Σ copies; copies are `stride` bytes apart. */
export const sumCopiesKernel = defineKernel("sum copies", {
  copies: "address",
  copyCount: "i32",
  stride: "i32",
  result: "address",
  accumulate: "i32",
}, (k, { copies, copyCount, stride, result, accumulate }) => {
  const from = k.i32(0), at = k.i32(result.add(k.begin.shl(2))), end = k.i32(result.add(k.end.shl(2)));
  const vector = k.f32x4(0), number = k.f32(0);
  k.while(at.add(16).le(end), () => {
    from.set(copies.add(at.sub(result)));
    k.if(accumulate, () => vector.set(load.f32x4(at)), () => vector.set(0));
    k.range(0, copyCount, () => {
      vector.set(vector.add(load.f32x4(from)));
      from.set(from.add(stride));
    });
    k.store(at, vector);
    at.set(at.add(16));
  });
  k.while(at.lt(end), () => {
    from.set(copies.add(at.sub(result)));
    k.if(accumulate, () => number.set(load.f32(at)), () => number.set(0));
    k.range(0, copyCount, () => {
      number.set(number.add(load.f32(from)));
      from.set(from.add(stride));
    });
    k.store(at, number);
    at.set(at.add(4));
  });
});

/** result`[count]` (+)= Σ of `copyCount` arrays that follow each other at `copies`. */
export function sumCopies(
  engine: Engine,
  count: number,
  copies: number,
  copyCount: number,
  result: number,
  accumulate: boolean,
): void {
  engine.run(sumCopiesKernel, { count, grain: GRAIN }, {
    copies,
    copyCount,
    stride: count * 4,
    result,
    accumulate: Number(accumulate),
  });
}
