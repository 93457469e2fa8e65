/** Gradient of layer norm: as of batch norm (`batch_norm_backward.ts`), with samples for columns. */
import { wasmOperation } from "../operation.ts";
import { defineKernel, type KernelBuilder } from "../threads/kernel.ts";
import { type F32, F32x4, type I32, load } from "../wasm/mod.ts";
import { ACTIVATION_PARAMETERS, activationArguments, activationGradient, activationLanes } from "./activation.ts";
import { eachElement, type Lanes } from "./elements.ts";
import { addPairs, LaneSum, PIECE_PARAMETERS, pieceOf, samplePieces } from "./sample_tasks.ts";

const OPERANDS = {
  ...PIECE_PARAMETERS,
  ...ACTIVATION_PARAMETERS,
  samples: "i32",
  epsilon: "f32",
  x: "address",
  statistics: "address",
  gain: "address",
  bias: "address",
  dy: "address",
} as const;

/** What one sample's elements have in common, in every lane. */
function sampleConstants(
  k: KernelBuilder,
  { statistics, samples, gain, bias, epsilon }: Record<"statistics" | "samples" | "gain" | "bias", I32> & {
    epsilon: F32;
  },
  sample: I32,
): { mean: F32x4; scale: F32x4; shift: F32x4 } {
  const at = k.i32(statistics.add(sample.shl(2)));
  const variance = load.f32(at.add(samples.shl(2)));
  return {
    mean: k.f32x4(load.splatF32(at)),
    scale: k.f32x4(F32x4.splat(load.f32(gain).div(variance.add(epsilon).sqrt()))),
    shift: k.f32x4(load.splatF32(bias)),
  };
}

/** partial`[task, 2]` (float64): S₁ = Σd and S₂ = Σd·(x − mean). */
export const sampleGradientSumsKernel = defineKernel(
  "sampleGradientSums",
  { ...OPERANDS, partial: "address" },
  (k, p) => {
    const { sample, begin, end } = pieceOf(k, p);
    const { slopes, zeros } = activationLanes(k, p.slope, p.keepsZero);
    const { mean, scale, shift } = sampleConstants(k, p, sample);
    const sum = new LaneSum(k), product = new LaneSum(k);
    const centred = k.f32x4(0), value = k.f32x4(0), gradient = k.f32x4(0);
    eachElement(k, begin, end, (lanes: Lanes) => {
      centred.set(lanes.load(p.x).sub(mean));
      value.set(centred.mulAdd(scale, shift));
      gradient.set(lanes.counted(lanes.load(p.dy)));
      gradient.set(activationGradient(value, gradient, slopes, zeros));
      sum.add(gradient);
      centred.set(centred.mul(gradient));
      product.add(centred);
    });
    const at = k.i32(p.partial.add(k.task.shl(4)));
    k.store(at, sum.total());
    k.store(at, product.total(), 8);
  },
);

/** From the tasks' sums: coefficients`[2, samples]` (float32) for the last pass; dGain and dBias, unless 0. */
export const sampleGradientsKernel = defineKernel(
  "sampleGradients",
  {
    ...PIECE_PARAMETERS,
    samples: "i32",
    partial: "address",
    statistics: "address",
    coefficients: "address",
    dGain: "address",
    dBias: "address",
    epsilon: "f64",
  },
  (k, { features, pieces, samples, partial, statistics, coefficients, dGain, dBias, epsilon }) => {
    const count = k.f64(features.unsignedToF64());
    const at = k.i32(partial), gainSum = k.f64(0), biasSum = k.f64(0), second = k.i32(samples.shl(2));
    k.range(k.begin, k.end, (sample) => {
      const [sum, product] = addPairs(k, at, pieces);
      const offset = k.i32(sample.shl(2));
      const variance = k.f64(load.f32(statistics.add(offset).add(second)).toF64().add(epsilon));
      k.store(coefficients.add(offset), sum.div(count).toF32());
      k.store(coefficients.add(offset).add(second), product.div(variance).div(count).toF32());
      biasSum.set(biasSum.add(sum));
      gainSum.set(gainSum.add(product.div(variance.sqrt())));
    });
    k.if(dGain, () => {
      k.store(dGain, load.f32(dGain).toF64().add(gainSum).toF32());
      k.store(dBias, load.f32(dBias).toF64().add(biasSum).toF32());
    });
  },
);

/** dx of one piece. */
export const layerNormInputGradientKernel = defineKernel(
  "layerNormInputGradient",
  { ...OPERANDS, coefficients: "address", dx: "address" },
  (k, p) => {
    const { sample, begin, end } = pieceOf(k, p);
    const { slopes, zeros } = activationLanes(k, p.slope, p.keepsZero);
    const { mean, scale, shift } = sampleConstants(k, p, sample);
    const at = k.i32(p.coefficients.add(sample.shl(2)));
    const average = k.f32x4(load.splatF32(at));
    const projection = k.f32x4(load.splatF32(at.add(p.samples.shl(2))));
    eachElement(k, begin, end, (lanes) => {
      const centred = k.f32x4(lanes.load(p.x).sub(mean));
      const value = k.f32x4(centred.mulAdd(scale, shift));
      const gradient = k.f32x4(lanes.load(p.dy));
      const remaining = activationGradient(value, gradient, slopes, zeros).sub(average).sub(centred.mul(projection));
      lanes.store(p.dx, scale.mul(remaining));
    });
  },
);

/** See `layerNormBackward` in the table. */
export const layerNormBackward = wasmOperation<"layerNormBackward">(
  [sampleGradientSumsKernel, sampleGradientsKernel, layerNormInputGradientKernel],
  (engine, shape, { dx, dGain, dBias, ...inputs }) => {
    const { samples, features, epsilon } = shape, { statistics } = inputs;
    const { split, values } = samplePieces(samples, features);
    const partialBytes = split.count * 2 * 8;
    const partial = engine.workspace(partialBytes + 2 * samples * 4), coefficients = partial + partialBytes;
    const operands = { ...values, ...activationArguments(shape), samples, epsilon, ...inputs };
    engine.run(sampleGradientSumsKernel, split, { ...operands, partial });
    engine.run(sampleGradientsKernel, { count: samples, grain: samples }, {
      ...{ ...values, samples, partial, statistics, coefficients, epsilon, dGain: dGain ?? 0, dBias: dBias ?? 0 },
    });
    engine.run(layerNormInputGradientKernel, split, { ...operands, coefficients, dx });
  },
);
