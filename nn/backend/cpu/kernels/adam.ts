/** Adam in TensorFlow's form: ε is added to √v, and the bias corrections are in the learning rate. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4 } from "../wasm/mod.ts";
import { eachElement } from "./elements.ts";
import { ELEMENT_GRAIN } from "./grain.ts";

/** One step for elements `begin` … `end` − 1. */
export const adamKernel = defineKernel(
  "adam",
  {
    rate: "f32",
    beta1: "f32",
    oneMinusBeta1: "f32",
    beta2: "f32",
    oneMinusBeta2: "f32",
    epsilon: "f32",
    parameters: "address",
    gradients: "address",
    m: "address",
    v: "address",
  },
  (k, p) => {
    const lanesOf = (value: typeof p.rate) => k.f32x4(F32x4.splat(value));
    const rate = lanesOf(p.rate), epsilon = lanesOf(p.epsilon);
    const beta1 = lanesOf(p.beta1), oneMinusBeta1 = lanesOf(p.oneMinusBeta1);
    const beta2 = lanesOf(p.beta2), oneMinusBeta2 = lanesOf(p.oneMinusBeta2);
    eachElement(k, k.begin, k.end, (lanes) => {
      const gradient = k.f32x4(lanes.load(p.gradients));
      const m = k.f32x4(lanes.load(p.m).mul(beta1).add(gradient.mul(oneMinusBeta1)));
      const v = k.f32x4(lanes.load(p.v).mul(beta2).add(gradient.mul(gradient).mul(oneMinusBeta2)));
      lanes.store(p.m, m);
      lanes.store(p.v, v);
      lanes.store(p.parameters, lanes.load(p.parameters).sub(rate.mul(m).div(v.sqrt().add(epsilon))));
    });
  },
);

/** Updates `parameters`, `m` and `v` (addresses of `[count]`) in place. */
export const adam = wasmOperation<"adam">([adamKernel], (engine, shape, addresses) => {
  const { count, learningRate, beta1, beta2, epsilon, step } = shape;
  engine.run(adamKernel, { count, grain: ELEMENT_GRAIN }, {
    rate: learningRate * Math.sqrt(1 - beta2 ** step) / (1 - beta1 ** step),
    beta1,
    oneMinusBeta1: 1 - beta1,
    beta2,
    oneMinusBeta2: 1 - beta2,
    epsilon,
    ...addresses,
  });
});
