/** An array with its axes in another order, row by row: the last axis stays. */
import { permutedRows } from "../../permutation.ts";
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { I32 } from "../wasm/mod.ts";
import { eachElement } from "./elements.ts";
import { rowGrain } from "./grain.ts";

/** Rows `begin` … `end` − 1 of y. */
export const permuteKernel = defineKernel(
  "permute",
  {
    length: "i32",
    ...{ size1: "i32", size2: "i32", size3: "i32" },
    ...{ step0: "i32", step1: "i32", step2: "i32", step3: "i32" },
    x: "address",
    y: "address",
  },
  (k, { length, size1, size2, size3, step0, step1, step2, step3, x, y }) => {
    const rowBytes = k.i32(length.shl(2)), left = k.i32(0), from = k.i32(0);
    k.range(k.begin, k.end, (row) => {
      left.set(row);
      from.set(0);
      for (const [size, step] of [[size3, step3], [size2, step2], [size1, step1]]) {
        from.set(from.add(left.rem(size).mul(step)));
        left.set(left.div(size));
      }
      from.set(x.add(from.add(left.mul(step0)).mul(rowBytes)));
      const to = k.i32(y.add(row.mul(rowBytes)));
      eachElement(k, I32.of(0), length, (lanes) => lanes.store(to, lanes.load(from)));
    });
  },
);

/** See `permute` in the table. */
export const permute = wasmOperation<"permute">([permuteKernel], (engine, shape, addresses) => {
  const { rows, length, sizes: [, size1, size2, size3], steps: [step0, step1, step2, step3] } = permutedRows(shape);
  const values = { length, size1, size2, size3, step0, step1, step2, step3, ...addresses };
  engine.run(permuteKernel, { count: rows, grain: rowGrain(length) }, values);
});
