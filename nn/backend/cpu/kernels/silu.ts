/** x·sigmoid(x) and its gradient. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4 } from "../wasm/mod.ts";
import { eachElement } from "./elements.ts";
import { exp } from "./float_math.ts";
import { ELEMENT_GRAIN } from "./grain.ts";

/** y = x/(1 + exp(−x)). */
export const siluKernel = defineKernel("silu", { x: "address", y: "address" }, (k, { x, y }) => {
  eachElement(k, k.begin, k.end, (lanes) => {
    const value = k.f32x4(lanes.load(x));
    lanes.store(y, value.div(exp(k, value.neg()).add(1)));
  });
});

/** dx = dy·σ·(1 + x·(1 − σ)), with 1 − σ as exp(−x)·σ, which does not cancel. */
export const siluBackwardKernel = defineKernel(
  "siluBackward",
  { x: "address", dy: "address", dx: "address" },
  (k, { x, dy, dx }) => {
    eachElement(k, k.begin, k.end, (lanes) => {
      const value = k.f32x4(lanes.load(x)), power = exp(k, value.neg());
      const sigmoid = k.f32x4(F32x4.splat(1).div(power.add(1)));
      lanes.store(dx, power.mul(sigmoid).mul(value).add(1).mul(sigmoid).mul(lanes.load(dy)));
    });
  },
);

/** See `silu` in the table. Operands are addresses, as below. */
export const silu = wasmOperation<"silu">([siluKernel], (engine, { count }, addresses) => {
  engine.run(siluKernel, { count, grain: ELEMENT_GRAIN }, addresses);
});

/** See `siluBackward` in the table. */
export const siluBackward = wasmOperation<"siluBackward">([siluBackwardKernel], (engine, { count }, addresses) => {
  engine.run(siluBackwardKernel, { count, grain: ELEMENT_GRAIN }, addresses);
});
