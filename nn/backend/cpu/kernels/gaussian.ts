/** Normal distributions given by mean and logarithm of the variance: draws from them, and how far they are from N(0, 1). */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4 } from "../wasm/mod.ts";
import { eachElement } from "./elements.ts";
import { exp } from "./float_math.ts";
import { ELEMENT_GRAIN } from "./grain.ts";
import { LaneSum } from "./sample_tasks.ts";

/** sample = mean + exp(½·logVariance)·noise. */
export const gaussianSampleKernel = defineKernel(
  "gaussianSample",
  { mean: "address", logVariance: "address", noise: "address", sample: "address" },
  (k, { mean, logVariance, noise, sample }) => {
    eachElement(k, k.begin, k.end, (lanes) => {
      const deviation = exp(k, lanes.load(logVariance).mul(0.5));
      lanes.store(sample, deviation.mul(lanes.load(noise)).add(lanes.load(mean)));
    });
  },
);

/** loss = ½·Σ(mean² + exp(logVariance) − 1 − logVariance) / samples; a single task, as codes are small. */
export const gaussianDivergenceKernel = defineKernel(
  "gaussianDivergence",
  { samples: "f64", mean: "address", logVariance: "address", loss: "address" },
  (k, { samples, mean, logVariance, loss }) => {
    const sum = new LaneSum(k), value = k.f32x4(0);
    eachElement(k, k.begin, k.end, (lanes) => {
      const center = k.f32x4(lanes.load(mean)), spread = k.f32x4(lanes.load(logVariance));
      value.set(lanes.counted(exp(k, spread).sub(1).sub(spread).add(center.mul(center)).mul(0.5)));
      sum.add(value);
    });
    k.store(loss, sum.total().div(samples).toF32());
  },
);

/** dx = exp(½·logVariance)·½·noise·dy + half·(exp(logVariance) − 1). */
export const gaussianBackwardKernel = defineKernel(
  "gaussianBackward",
  { half: "f32", logVariance: "address", noise: "address", dy: "address", dx: "address" },
  (k, { half, logVariance, noise, dy, dx }) => {
    const halves = k.f32x4(F32x4.splat(half));
    eachElement(k, k.begin, k.end, (lanes) => {
      const spread = k.f32x4(lanes.load(logVariance));
      const ofSample = exp(k, spread.mul(0.5)).mul(0.5).mul(lanes.load(noise)).mul(lanes.load(dy));
      lanes.store(dx, exp(k, spread).sub(1).mul(halves).add(ofSample));
    });
  },
);

/** See `gaussianSample` in the table. */
export const gaussianSample = wasmOperation<"gaussianSample">(
  [gaussianSampleKernel],
  (engine, { count }, addresses) => {
    engine.run(gaussianSampleKernel, { count, grain: ELEMENT_GRAIN }, addresses);
  },
);

/** See `gaussianDivergence` in the table. */
export const gaussianDivergence = wasmOperation<"gaussianDivergence">(
  [gaussianDivergenceKernel],
  (engine, { count, samples }, addresses) => {
    engine.run(gaussianDivergenceKernel, { count, grain: count }, { samples, ...addresses });
  },
);

/** See `gaussianBackward` in the table. */
export const gaussianBackward = wasmOperation<"gaussianBackward">(
  [gaussianBackwardKernel],
  (engine, { count, factor }, { logVariance, noise, dSample: dy, dLogVariance: dx }) => {
    const values = { half: factor / 2, logVariance, noise, dy, dx };
    engine.run(gaussianBackwardKernel, { count, grain: ELEMENT_GRAIN }, values);
  },
);
