/** Binary cross-entropy of logits that all have the same label. */
import { wasmOperation } from "../operation.ts";
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

/** loss`[1]` (+)= mean of softplus(∓logit). */
export const bceLogits = wasmOperation<"bceLogits">(
  [bceLogitsKernel],
  (engine, { count, target, accumulate }, { logits: x, loss }) => {
    const values = { sign: target === 1 ? -1 : 1, x, loss, accumulate: Number(accumulate) };
    engine.run(bceLogitsKernel, { count, grain: count }, values);
  },
);

/** dx`[count]` (+)= scale/count·(sigmoid(logit) − target), computed as −sigmoid(−logit) for target 1. */
export const bceLogitsBackward = wasmOperation<"bceLogitsBackward">(
  [bceLogitsBackwardKernel],
  (engine, { count, target, scale, accumulate }, { logits: x, dLogits: dx }) => {
    const sign = target === 1 ? -1 : 1;
    const values = { sign, factor: sign * scale / count, x, dx, accumulate: Number(accumulate) };
    engine.run(bceLogitsBackwardKernel, { count, grain: ELEMENT_GRAIN }, values);
  },
);
