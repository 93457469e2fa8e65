/** y = x, bytes. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";

/** Bytes per task. */
const COPY_GRAIN_BYTES = 256 * 1024;

/** Bytes y`[begin..end]` = x. */
export const copyKernel = defineKernel("copy", { x: "address", y: "address" }, (k, { x, y }) => {
  k.copyBytes(y.add(k.begin), x.add(k.begin), k.end.sub(k.begin));
});

/** y`[byteLength]` = x. `x` and `y` are addresses. */
export const copy = wasmOperation<"copy">([copyKernel], (engine, { byteLength }, { x, y }) => {
  engine.run(copyKernel, { count: byteLength, grain: COPY_GRAIN_BYTES }, { x, y });
});
