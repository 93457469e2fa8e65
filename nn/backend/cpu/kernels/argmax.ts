/** Index of the largest number of each row. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { I32, load } from "../wasm/mod.ts";
import { horizontalMax } from "./elements.ts";
import { rowGrain } from "./grain.ts";

/** Rows of any length. */
export const argmaxKernel = defineKernel(
  "argmax",
  { classes: "i32", x: "address", labels: "address" },
  (k, { classes, x, labels }) => {
    const at = k.i32(x.add(k.begin.mul(classes).shl(2)));
    k.range(k.begin, k.end, (row) => {
      const best = k.i32(0), maximum = k.f32(load.f32(at)), value = k.f32(0), greater = k.i32(0);
      k.range(0, classes, (index) => {
        value.set(load.f32(at));
        greater.set(value.gt(maximum));
        best.set(greater.select<I32>(index, best));
        maximum.set(greater.select(value, maximum));
        at.set(at.add(4));
      });
      k.storeByte(labels.add(row), best);
    });
  },
);

/** Rows of twelve: three vectors, the row's maximum in every lane, and the first lane that equals it. */
export const argmax12Kernel = defineKernel(
  "argmax12",
  { x: "address", labels: "address" },
  (k, { x, labels }) => {
    const at = k.i32(x.add(k.begin.mul(48)));
    k.range(k.begin, k.end, (row) => {
      const parts = [0, 16, 32].map((offset) => k.f32x4(load.f32x4(at, offset)));
      const maximum = horizontalMax(k, parts[0].quickMax(parts[1]).quickMax(parts[2]));
      const masks = parts.map((part, index) => part.eq(maximum).bitmask().shl(4 * index));
      // Bit 12 stands for a row without a maximum (NaN), whose label is then 0.
      const first = k.i32(masks[0].or(masks[1]).or(masks[2]).or(1 << 12).trailingZeros());
      k.storeByte(labels.add(row), first.eq(12).select(I32.of(0), first));
      at.set(at.add(48));
    });
  },
);

/** float32 x`[rows, classes]` → uint8 labels`[rows]`, the first of equal maxima. `x` and `labels` are addresses. */
export const argmax = wasmOperation<"argmax">(
  [argmaxKernel, argmax12Kernel],
  (engine, { rows, classes }, { x, labels }) => {
    const split = { count: rows, grain: rowGrain(classes) };
    if (classes === 12) engine.run(argmax12Kernel, split, { x, labels });
    else engine.run(argmaxKernel, split, { classes, x, labels });
  },
);
