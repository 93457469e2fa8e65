/** x = value. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4 } from "../wasm/mod.ts";
import { ELEMENT_GRAIN } from "./grain.ts";

/** float32 x`[begin..end]` = value. */
export const fillKernel = defineKernel("fill", { x: "address", value: "f32" }, (k, { x, value }) => {
  const vector = k.f32x4(F32x4.splat(value));
  const at = k.i32(x.add(k.begin.shl(2)));
  const end = k.i32(x.add(k.end.shl(2)));
  k.while(at.add(16).le(end), () => {
    k.store(at, vector);
    at.set(at.add(16));
  });
  k.while(at.lt(end), () => {
    k.store(at, value);
    at.set(at.add(4));
  });
});

/** x`[count]` = value. `x` is an address. */
export const fill = wasmOperation<"fill">([fillKernel], (engine, { count, value }, { x }) => {
  engine.run(fillKernel, { count, grain: ELEMENT_GRAIN }, { x, value });
});
