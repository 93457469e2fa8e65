/** Σx², and numbers clipped by it. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4, load } from "../wasm/mod.ts";
import { eachElement } from "./elements.ts";
import { ELEMENT_GRAIN } from "./grain.ts";
import { LaneSum } from "./sample_tasks.ts";

/** partial`[task]` (float64) = Σx². */
export const squaresKernel = defineKernel("squares", { x: "address", partial: "address" }, (k, { x, partial }) => {
  const sum = new LaneSum(k), value = k.f32x4(0), low = k.f64x2(0), high = k.f64x2(0);
  eachElement(k, k.begin, k.end, (lanes) => {
    value.set(lanes.counted(lanes.load(x)));
    low.set(value.lowToF64x2());
    high.set(value.highToF64x2());
    sum.addHalves(low.mul(low), high.mul(high));
  });
  k.store(partial.add(k.task.shl(3)), sum.total());
});

/** sum (float32) = factor·Σ partial`[count]`, in order. */
export const sumKernel = defineKernel(
  "sum",
  { partial: "address", factor: "f64", sum: "address" },
  (k, { partial, factor, sum }) => {
    const total = k.f64(0);
    k.range(k.begin, k.end, (index) => total.set(total.add(load.f64(partial.add(index.shl(3))))));
    k.store(sum, total.mul(factor).toF32());
  },
);

/** x ·= maximum/√squares where that is less than 1. */
export const clipKernel = defineKernel(
  "clip",
  { maximum: "f32", squares: "address", x: "address" },
  (k, { maximum, squares, x }) => {
    const norm = k.f32(load.f32(squares).sqrt()), factor = k.f32x4(1);
    k.if(norm.gt(maximum), () => factor.set(F32x4.splat(maximum.div(norm))));
    eachElement(k, k.begin, k.end, (lanes) => lanes.store(x, lanes.load(x).mul(factor)));
  },
);

/** See `sumOfSquares` in the table. */
export const sumOfSquares = wasmOperation<"sumOfSquares">(
  [squaresKernel, sumKernel],
  (engine, { count, factor }, { x, sum }) => {
    const split = { count, grain: ELEMENT_GRAIN }, tasks = Math.ceil(count / ELEMENT_GRAIN);
    const partial = engine.workspace(tasks * 8);
    engine.run(squaresKernel, split, { x, partial });
    engine.run(sumKernel, { count: tasks, grain: tasks }, { partial, factor, sum });
  },
);

/** See `clip` in the table. */
export const clip = wasmOperation<"clip">([clipKernel], (engine, { count, maximum }, { squares, x }) => {
  engine.run(clipKernel, { count, grain: ELEMENT_GRAIN }, { maximum, squares, x });
});
