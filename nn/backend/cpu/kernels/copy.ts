/** y = x, bytes. */
import type { Engine } from "../engine.ts";
import { defineKernel } from "../threads/kernel.ts";

/** Bytes per task. */
const COPY_GRAIN_BYTES = 256 * 1024;

/** Bytes y`[begin..end]` = x. */
export const copyKernel = defineKernel("copy", { x: "address", y: "address" }, (k, { x, y }) => {
  k.copyBytes(y.add(k.begin), x.add(k.begin), k.end.sub(k.begin));
});

/** y`[byteLength]` = x. `x` and `y` are addresses. */
export function copy(engine: Engine, byteLength: number, x: number, y: number): void {
  engine.run(copyKernel, { count: byteLength, grain: COPY_GRAIN_BYTES }, { x, y });
}
