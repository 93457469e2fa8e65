/** Softmax over each row. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4, I32, load } from "../wasm/mod.ts";
import { eachElement, horizontalMax, horizontalSum } from "./elements.ts";
import { exp } from "./float_math.ts";
import { rowGrain } from "./grain.ts";

/** Rows of twelve, in registers. */
export const softmax12Kernel = defineKernel("softmax12", { x: "address", y: "address" }, (k, { x, y }) => {
  const from = k.i32(x.add(k.begin.mul(48))), to = k.i32(y.add(k.begin.mul(48)));
  k.range(k.begin, k.end, () => {
    const parts = [0, 16, 32].map((offset) => k.f32x4(load.f32x4(from, offset)));
    const maximum = horizontalMax(k, parts[0].quickMax(parts[1]).quickMax(parts[2]));
    const powers = parts.map((part) => exp(k, part.sub(maximum)));
    const sum = horizontalSum(k, powers[0].add(powers[1]).add(powers[2]));
    const factor = k.f32x4(F32x4.splat(1).div(sum));
    powers.forEach((power, index) => k.store(to, power.mul(factor), index * 16));
    from.set(from.add(48));
    to.set(to.add(48));
  });
});

/** Rows of any length, in three passes over the row. */
export const softmaxKernel = defineKernel(
  "softmax",
  { classes: "i32", x: "address", y: "address" },
  (k, { classes, x, y }) => {
    const rowBytes = k.i32(classes.shl(2));
    const from = k.i32(x.add(k.begin.mul(rowBytes))), to = k.i32(y.add(k.begin.mul(rowBytes)));
    k.range(k.begin, k.end, () => {
      const maximum = k.f32x4(load.splatF32(from)), sum = k.f32x4(0);
      eachElement(k, I32.of(0), classes, (lanes) => maximum.set(maximum.quickMax(lanes.load(from))));
      const largest = horizontalMax(k, maximum);
      eachElement(k, I32.of(0), classes, (lanes) => {
        const power = exp(k, lanes.load(from).sub(largest));
        lanes.store(to, power);
        sum.set(sum.add(lanes.counted(power)));
      });
      const factor = k.f32x4(F32x4.splat(1).div(horizontalSum(k, sum)));
      eachElement(k, I32.of(0), classes, (lanes) => lanes.store(to, lanes.load(to).mul(factor)));
      from.set(from.add(rowBytes));
      to.set(to.add(rowBytes));
    });
  },
);

/** y`[rows, classes]` = softmax of each row of x. `x` and `y` are addresses and may be the same. */
export const softmax = wasmOperation<"softmax">(
  [softmaxKernel, softmax12Kernel],
  (engine, { rows, classes }, { logits: x, probabilities: y }) => {
    const split = { count: rows, grain: rowGrain(classes) };
    if (classes === 12) engine.run(softmax12Kernel, split, { x, y });
    else engine.run(softmaxKernel, split, { classes, x, y });
  },
);
