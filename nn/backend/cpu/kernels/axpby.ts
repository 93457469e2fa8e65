/** y = a·x + b·y. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4, load } from "../wasm/mod.ts";
import { ELEMENT_GRAIN } from "./grain.ts";

/** float32 y`[begin..end]` = a·x + b·y. */
export const axpbyKernel = defineKernel(
  "axpby",
  { a: "f32", x: "address", b: "f32", y: "address" },
  (k, { a, x, b, y }) => {
    const as = k.f32x4(F32x4.splat(a));
    const bs = k.f32x4(F32x4.splat(b));
    const from = k.i32(x.add(k.begin.shl(2)));
    const to = k.i32(y.add(k.begin.shl(2)));
    const end = k.i32(y.add(k.end.shl(2)));
    k.while(to.add(16).le(end), () => {
      k.store(to, as.mul(load.f32x4(from)).add(bs.mul(load.f32x4(to))));
      from.set(from.add(16));
      to.set(to.add(16));
    });
    k.while(to.lt(end), () => {
      k.store(to, a.mul(load.f32(from)).add(b.mul(load.f32(to))));
      from.set(from.add(4));
      to.set(to.add(4));
    });
  },
);

/** y = a·x, without reading y. */
export const scaleKernel = defineKernel("scale", { a: "f32", x: "address", y: "address" }, (k, { a, x, y }) => {
  const as = k.f32x4(F32x4.splat(a));
  const from = k.i32(x.add(k.begin.shl(2)));
  const to = k.i32(y.add(k.begin.shl(2)));
  const end = k.i32(y.add(k.end.shl(2)));
  k.while(to.add(16).le(end), () => {
    k.store(to, as.mul(load.f32x4(from)));
    from.set(from.add(16));
    to.set(to.add(16));
  });
  k.while(to.lt(end), () => {
    k.store(to, a.mul(load.f32(from)));
    from.set(from.add(4));
    to.set(to.add(4));
  });
});

/** y`[count]` = a·x + b·y; y is read only if b ≠ 0. `x` and `y` are addresses. */
export const axpby = wasmOperation<"axpby">([axpbyKernel, scaleKernel], (engine, { count, a, b }, { x, y }) => {
  const split = { count, grain: ELEMENT_GRAIN };
  if (b === 0) engine.run(scaleKernel, split, { a, x, y });
  else engine.run(axpbyKernel, split, { a, x, b, y });
});
