/** Zeros for rows of voxels of which nothing is known. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { load } from "../wasm/mod.ts";
import { rowGrain } from "./grain.ts";

/** Rows `begin` … `end` − 1 of x`[rows, classes]` whose label is beyond the classes become 0. */
export const maskUnknownKernel = defineKernel(
  "maskUnknown",
  { classes: "i32", labels: "address", x: "address" },
  (k, { classes, labels, x }) => {
    const rowBytes = k.i32(classes.shl(2));
    k.range(k.begin, k.end, (index) => {
      const isUnknown = load.u8(labels.add(index)).ge(classes);
      k.if(isUnknown, () => k.fillBytes(x.add(index.mul(rowBytes)), 0, rowBytes));
    });
  },
);

/** float32 x`[rows, classes]` where uint8 labels`[rows]` are unknown = 0. Both are addresses. */
export const maskUnknown = wasmOperation<"maskUnknown">(
  [maskUnknownKernel],
  (engine, { rows, classes }, { labels, x }) => {
    engine.run(maskUnknownKernel, { count: rows, grain: rowGrain(classes) }, { classes, labels, x });
  },
);
