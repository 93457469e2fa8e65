/** Labels to one-hot codes. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32, load } from "../wasm/mod.ts";
import { rowGrain } from "./grain.ts";

/** Rows `begin` … `end` − 1: zeros, then a 1 per row. A label beyond the classes gives a row of zeros. */
export const oneHotKernel = defineKernel(
  "oneHot",
  { classes: "i32", labels: "address", x: "address" },
  (k, { classes, labels, x }) => {
    const rowBytes = k.i32(classes.shl(2));
    const row = k.i32(x.add(k.begin.mul(rowBytes)));
    k.fillBytes(row, 0, k.end.sub(k.begin).mul(rowBytes));
    k.range(k.begin, k.end, (index) => {
      const label = k.i32(load.u8(labels.add(index)));
      k.if(label.lt(classes), () => k.store(row.add(label.shl(2)), F32.of(1)));
      row.set(row.add(rowBytes));
    });
  },
);

/** uint8 labels`[count]` → float32 x`[count, classes]`. `labels` and `x` are addresses. */
export const oneHot = wasmOperation<"oneHot">([oneHotKernel], (engine, { rows, classes }, { labels, x }) => {
  engine.run(oneHotKernel, { count: rows, grain: rowGrain(classes) }, { classes, labels, x });
});
