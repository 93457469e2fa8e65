/** Normal distributions given by mean and logarithm of the variance: draws from them, and how far they are from N(0, 1). */
import type { Engine } from "../engine.ts";
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

/** The kernels of this file. */
export const GAUSSIAN_KERNELS = [
  gaussianSampleKernel,
  gaussianDivergenceKernel,
  gaussianBackwardKernel,
] as const;

/** See `Backend.gaussianSample`; operands are addresses of `count` numbers, here and below. */
export function gaussianSample(
  engine: Engine,
  count: number,
  mean: number,
  logVariance: number,
  noise: number,
  sample: number,
): void {
  engine.run(gaussianSampleKernel, { count, grain: ELEMENT_GRAIN }, { mean, logVariance, noise, sample });
}

/** See `Backend.gaussianDivergence`. */
export function gaussianDivergence(
  engine: Engine,
  count: number,
  samples: number,
  mean: number,
  logVariance: number,
  loss: number,
): void {
  engine.run(gaussianDivergenceKernel, { count, grain: count }, { samples, mean, logVariance, loss });
}

/** See `Backend.gaussianBackward`; `dy` is the sample's gradient, `dx` that of the logarithm of the variance. */
export function gaussianBackward(
  engine: Engine,
  count: number,
  factor: number,
  logVariance: number,
  noise: number,
  dy: number,
  dx: number,
): void {
  engine.run(gaussianBackwardKernel, { count, grain: ELEMENT_GRAIN }, { half: factor / 2, logVariance, noise, dy, dx });
}
