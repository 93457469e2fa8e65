/** y = act((x − mean)/√(variance + ε)·gain + bias), sample by sample, with one gain and one bias. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F32x4, load } from "../wasm/mod.ts";
import { activate } from "./activation.ts";
import { eachElement } from "./elements.ts";
import { addPairs, LaneSum, PIECE_PARAMETERS, pieceOf, samplePieces } from "./sample_tasks.ts";

/** partial`[task, 2]` (float64): sums of x − (the sample's first number), and of its square. */
export const sampleSumsKernel = defineKernel(
  "sampleSums",
  { ...PIECE_PARAMETERS, x: "address", partial: "address" },
  (k, { x, partial, ...parameters }) => {
    const { first, begin, end } = pieceOf(k, parameters);
    const shift = k.f32x4(load.splatF32(x.add(first.shl(2))));
    const shifts = k.f64x2(shift.lowToF64x2());
    const sum = new LaneSum(k), square = new LaneSum(k);
    const low = k.f64x2(0), high = k.f64x2(0);
    const add = (value: F32x4) => {
      low.set(value.lowToF64x2().sub(shifts));
      high.set(value.highToF64x2().sub(shifts));
      sum.addHalves(low, high);
      square.addHalves(low.mul(low), high.mul(high));
    };
    // In the tail the other lanes hold the shift, which adds nothing.
    const value = k.f32x4(0);
    const tail = k.i32x4(0);
    eachElement(k, begin, end, (lanes) => {
      tail.set(lanes.counted(F32x4.splat(1)).gt(0));
      value.set(tail.select<F32x4>(lanes.load(x), shift));
      add(value);
    });
    const at = k.i32(partial.add(k.task.shl(4)));
    k.store(at, sum.total());
    k.store(at, square.total(), 8);
  },
);

/** statistics`[2, samples]` from the tasks' sums. */
export const sampleStatisticsKernel = defineKernel(
  "sampleStatistics",
  { x: "address", partial: "address", statistics: "address", samples: "i32", features: "i32", pieces: "i32" },
  (k, { x, partial, statistics, samples, features, pieces }) => {
    const count = k.f64(features.unsignedToF64());
    const at = k.i32(partial);
    k.range(k.begin, k.end, (sample) => {
      const [sum, square] = addPairs(k, at, pieces);
      const mean = k.f64(sum.div(count));
      const to = k.i32(statistics.add(sample.shl(2)));
      k.store(to, load.f32(x.add(sample.mul(features).shl(2))).toF64().add(mean).toF32());
      k.store(to.add(samples.shl(2)), square.div(count).sub(mean.mul(mean)).max(0).toF32());
    });
  },
);

/** y of one piece. */
export const layerNormKernel = defineKernel(
  "layerNorm",
  {
    ...PIECE_PARAMETERS,
    samples: "i32",
    slope: "f32",
    epsilon: "f32",
    x: "address",
    statistics: "address",
    gain: "address",
    bias: "address",
    y: "address",
  },
  (k, { samples, slope, epsilon, x, statistics, gain, bias, y, ...parameters }) => {
    const { sample, begin, end } = pieceOf(k, parameters);
    const slopes = k.f32x4(F32x4.splat(slope));
    const at = k.i32(statistics.add(sample.shl(2)));
    const mean = k.f32x4(load.splatF32(at)), shift = k.f32x4(load.splatF32(bias));
    const variance = load.f32(at.add(samples.shl(2)));
    const scale = k.f32x4(F32x4.splat(load.f32(gain).div(variance.add(epsilon).sqrt())));
    eachElement(k, begin, end, (lanes) => {
      const value = k.f32x4(lanes.load(x).sub(mean).mulAdd(scale, shift));
      lanes.store(y, activate(value, slopes));
    });
  },
);

/** y`[samples, features]` and statistics`[2, samples]`. Operands are addresses; y may be x. */
export const layerNorm = wasmOperation<"layerNorm">(
  [sampleSumsKernel, sampleStatisticsKernel, layerNormKernel],
  (engine, { samples, features, epsilon, slope }, { x, statistics, gain, bias, y }) => {
    const { split, values } = samplePieces(samples, features);
    const partial = engine.workspace(split.count * 2 * 8);
    engine.run(sampleSumsKernel, split, { ...values, x, partial });
    const sums = { ...values, x, partial, statistics, samples };
    engine.run(sampleStatisticsKernel, { count: samples, grain: samples }, sums);
    engine.run(layerNormKernel, split, { ...values, samples, slope, epsilon, x, statistics, gain, bias, y });
  },
);
