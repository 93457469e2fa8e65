/** Binary cross-entropy of logits that all have the same label. */
import type { Engine } from "../engine.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4, load } from "../wasm/mod.ts";
import { eachElement } from "./elements.ts";
import { exp, log1p } from "./float_math.ts";
import { ELEMENT_GRAIN } from "./grain.ts";
import { LaneSum } from "./sample_tasks.ts";

/** loss (+)= mean of softplus(sign·logit); a single task, as there is a logit per sample. */
export const bceLogitsKernel = defineKernel(
  "bceLogits",
  { sign: "f32", x: "address", loss: "address", accumulate: "i32" },
  (k, { sign, x, loss, accumulate }) => {
    const signs = k.f32x4(F32x4.splat(sign)), sum = new LaneSum(k), value = k.f32x4(0);
    eachElement(k, k.begin, k.end, (lanes) => {
      const logit = k.f32x4(lanes.load(x).mul(signs));
      value.set(lanes.counted(logit.max(0).add(log1p(k, exp(k, logit.abs().neg())))));
      sum.add(value);
    });
    const mean = k.f64(sum.total().div(k.end.unsignedToF64()));
    k.if(accumulate, () => mean.set(mean.add(load.f32(loss).toF64())));
    k.store(loss, mean.toF32());
  },
);

/** dx (+)= factor·sigmoid(sign·logit). */
export const bceLogitsBackwardKernel = defineKernel(
  "bceLogitsBackward",
  { sign: "f32", factor: "f32", x: "address", dx: "address", accumulate: "i32" },
  (k, { sign, factor, x, dx, accumulate }) => {
    const signs = k.f32x4(F32x4.splat(sign)), factors = k.f32x4(F32x4.splat(factor)), value = k.f32x4(0);
    eachElement(k, k.begin, k.end, (lanes) => {
      value.set(factors.div(exp(k, lanes.load(x).mul(signs).neg()).add(1)));
      k.if(accumulate, () => value.set(value.add(lanes.load(dx))));
      lanes.store(dx, value);
    });
  },
);

/** loss`[1]` (+)= mean of softplus(∓logit). `x` and `loss` are addresses. */
export function bceLogits(
  engine: Engine,
  count: number,
  target: 0 | 1,
  x: number,
  loss: number,
  accumulate: boolean,
): void {
  const values = { sign: target === 1 ? -1 : 1, x, loss, accumulate: Number(accumulate) };
  engine.run(bceLogitsKernel, { count, grain: count }, values);
}

/** dx`[count]` (+)= scale/count·(sigmoid(logit) − target), computed as −sigmoid(−logit) for target 1. */
export function bceLogitsBackward(
  engine: Engine,
  count: number,
  target: 0 | 1,
  scale: number,
  x: number,
  dx: number,
  accumulate: boolean,
): void {
  const sign = target === 1 ? -1 : 1;
  const values = { sign, factor: sign * scale / count, x, dx, accumulate: Number(accumulate) };
  engine.run(bceLogitsBackwardKernel, { count, grain: ELEMENT_GRAIN }, values);
}
