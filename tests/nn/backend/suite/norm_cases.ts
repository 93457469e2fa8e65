import { assertAlmostEquals } from "@std/assert";
import type { BatchNormShape, LayerNormShape } from "../../../../nn/backend/backend.ts";
import { normal, type Operand, type Twin } from "./twin.ts";
import type { Suite } from "./suite_type.ts";

const ROWS_CHANNELS = [[2, 1], [2, 750], [3, 13], [7, 5], [101, 3], [1001, 8], [1003, 12], [5003, 64], [40_009, 4]];
const SAMPLES_FEATURES = [[1, 2], [2, 13], [3, 1001], [5, 4096], [2, 150_001]];
const SLOPES = [0, 0.2, 1];
const EPSILON = 1e-5;
/** A normalised number is off by a few roundings of itself and of the mean that was taken off. */
const NORMALISED = { absolute: 2e-6, relative: 1e-6 };

/**
 * A gradient for the output that vanishes where the value before the activation is so near the kink that rounding may
 * put it on the other side.
 */
function awayFromKink(pair: Twin, beforeActivation: Operand, seed: number): Operand {
  const value = pair.read(beforeActivation, 1);
  return pair.operand(normal(value.length, seed).map((g, i) => Math.abs(value[i]) < 1e-4 ? 0 : g));
}

/** Statistics, batch norm and layer norm. */
export function normCases({ test, twin }: Suite): void {
  test("batchStatistics: two rows, odd channels, many rows, means far from 0", () => {
    for (const [rows, channels] of ROWS_CHANNELS) {
      for (const mean of [0, -3, 1000]) {
        using pair = twin();
        const shape: BatchNormShape = { rows, channels, epsilon: EPSILON, slope: 1 };
        const x = pair.operand(normal(rows * channels, 1, mean, 2)), statistics = pair.output(2 * channels);
        pair.call("batchStatistics", shape, { x, statistics });
        // A naive E[x²] − E[x]² would be off by 0.1 at mean 1000.
        const absoluteAt = (i: number) => i < channels ? 3e-7 : 1e-9;
        pair.assertClose(statistics, { absoluteAt, relative: 3e-6 }, `${rows} × ${channels}, mean ${mean}`);
        pair.assertUntouched(x);
      }
    }
  });

  test("batchNorm: every slope, in place and not", () => {
    for (const [rows, channels] of ROWS_CHANNELS) {
      for (const slope of SLOPES) {
        using pair = twin();
        const shape: BatchNormShape = { rows, channels, epsilon: EPSILON, slope };
        const { x, statistics, gain, bias } = batchOperands(pair, shape);
        const y = pair.output(rows * channels);
        pair.call("batchNorm", shape, { x, statistics, gain, bias, y });
        pair.assertClose(y, NORMALISED);
        pair.assertUntouched(x);
        pair.call("batchNorm", shape, { x, statistics, gain, bias, y: x });
        pair.assertClose(x, NORMALISED, "in place");
      }
    }
  });

  test("batchNormBackward: every slope, in place and not, parameter gradients added to or left out", () => {
    for (const [rows, channels] of ROWS_CHANNELS) {
      for (const slope of SLOPES) {
        using pair = twin();
        const shape: BatchNormShape = { rows, channels, epsilon: EPSILON, slope };
        const { x, statistics, gain, bias } = batchOperands(pair, shape);
        const z = pair.output(rows * channels), dx = pair.output(rows * channels);
        const affine = { ...shape, slope: 1 };
        pair.call("batchNorm", affine, { x, statistics, gain, bias, y: z });
        const dy = awayFromKink(pair, z, 5);
        const dGain = pair.operand(normal(channels, 6)), dBias = pair.operand(normal(channels, 7));
        const means = pair.output(2 * channels), given = { x, statistics, gain, bias, dy, means };
        const backward = (target: Operand, gradients: boolean) => {
          const learned = gradients ? { dGain, dBias } : { dGain: null, dBias: null };
          pair.call("batchNormGradientMeans", shape, { ...given, ...learned });
          pair.call("batchNormBackward", shape, { ...given, dx: target });
        };
        backward(dx, true);
        const sums = { absolute: 2e-6 * Math.sqrt(rows + 1), relative: 1e-6 };
        pair.assertClose(dGain, sums, "dGain");
        pair.assertClose(dBias, sums, "dBias");
        pair.assertUntouched(dy);
        // With two rows the gradient is what remains of terms of size gain/deviation that cancel.
        const inverseDeviation = pair.read(statistics).subarray(channels).map((v) => 1 / Math.sqrt(v + EPSILON));
        const absoluteAt = (i: number) => 4e-6 * Math.max(1, inverseDeviation[i % channels]);
        pair.assertClose(dx, { absoluteAt, relative: 2e-6 }, `dx of ${rows} × ${channels}`);
        backward(dy, false);
        pair.assertClose(dy, { absoluteAt, relative: 2e-6 }, "dx in place");
        pair.assertUntouched(x);
      }
    }
  });

  test("batchNormGradientMeans: those of equal parts of a batch average to the batch's", () => {
    using pair = twin();
    const rows = 300, channels = 6, half = { rows: rows / 2, channels, epsilon: EPSILON, slope: 0.2 };
    const { x, statistics, gain, bias } = batchOperands(pair, { ...half, rows });
    const dy = pair.operand(normal(rows * channels, 5));
    pair.run((engine, at) => {
      const given = { statistics: at(statistics), gain: at(gain), bias: at(bias) };
      const [whole, ...parts] = [0, 1, 2].map(() => engine.allocate(2 * channels * 4, "means"));
      const means = (buffer: typeof whole) => ({ means: { buffer, byteOffset: 0 }, dGain: null, dBias: null });
      const part = (operand: Operand, index: number) => {
        const { buffer, byteOffset } = at(operand);
        return { buffer, byteOffset: byteOffset + index * half.rows * channels * 4 };
      };
      engine.batchNormGradientMeans({ ...half, rows }, { ...given, x: at(x), dy: at(dy), ...means(whole) });
      parts.forEach((buffer, i) =>
        engine.batchNormGradientMeans(half, { ...given, x: part(x, i), dy: part(dy, i), ...means(buffer) })
      );
      const [expected, ...seen] = [whole, ...parts].map((buffer) => {
        const values = new Float32Array(2 * channels);
        engine.download({ buffer, byteOffset: 0 }, values);
        engine.release(buffer);
        return values;
      });
      expected.forEach((value, c) => assertAlmostEquals((seen[0][c] + seen[1][c]) / 2, value, 1e-6));
    });
  });

  test("layerNorm: every slope, in place and not, statistics written", () => {
    for (const [samples, features] of SAMPLES_FEATURES) {
      for (const slope of SLOPES) {
        using pair = twin();
        const shape: LayerNormShape = { samples, features, epsilon: EPSILON, slope };
        const x = pair.operand(normal(samples * features, 8, 0.5, 2)), y = pair.output(samples * features);
        const gain = pair.operand(Float32Array.of(-1.3)), bias = pair.operand(Float32Array.of(0.2));
        const statistics = pair.output(2 * samples);
        const forward = (target: Operand) => pair.call("layerNorm", shape, { x, statistics, gain, bias, y: target });
        forward(y);
        pair.assertClose(statistics, { absolute: 3e-7, relative: 1e-6 }, "statistics");
        pair.assertClose(y, NORMALISED);
        pair.assertUntouched(x);
        forward(x);
        pair.assertClose(x, NORMALISED, "in place");
      }
    }
  });

  test("layerNormBackward: every slope, in place and not, parameter gradients added to or left out", () => {
    for (const [samples, features] of SAMPLES_FEATURES) {
      for (const slope of SLOPES) {
        using pair = twin();
        const shape: LayerNormShape = { samples, features, epsilon: EPSILON, slope };
        const count = samples * features, x = pair.operand(normal(count, 9, 0.5, 2));
        const gain = pair.operand(Float32Array.of(1.3)), bias = pair.operand(Float32Array.of(0.2));
        const z = pair.output(count), dx = pair.output(count);
        const content = new Float32Array(2 * samples);
        const statistics = pair.operand(content);
        const affine = { ...shape, slope: 1 };
        pair.call("layerNorm", affine, { x, statistics, gain, bias, y: z });
        const dy = awayFromKink(pair, z, 10);
        const dGain = pair.operand(Float32Array.of(0.5)), dBias = pair.operand(Float32Array.of(-2));
        const backward = (target: Operand, gradients: boolean) =>
          pair.call("layerNormBackward", shape, {
            ...{ x, statistics, gain, bias, dy, dx: target },
            dGain: gradients ? dGain : null,
            dBias: gradients ? dBias : null,
          });
        backward(dx, true);
        pair.assertClose(dx, { absolute: 4e-6, relative: 2e-6 }, `dx of ${samples} × ${features}`);
        const sums = { absolute: 2e-6 * Math.sqrt(count), relative: 1e-6 };
        pair.assertClose(dGain, sums, "dGain");
        pair.assertClose(dBias, sums, "dBias");
        pair.assertUntouched(dy);
        backward(dy, false);
        pair.assertClose(dy, { absolute: 4e-6, relative: 2e-6 }, "dx in place");
      }
    }
  });
}

/** x with columns of different mean and spread, its statistics (the reference's, on both engines), gains and biases. */
function batchOperands(pair: Twin, { rows, channels }: BatchNormShape): Record<
  "x" | "statistics" | "gain" | "bias",
  Operand
> {
  const columnMean = normal(channels, 1, 0, 2);
  const x = pair.operand(normal(rows * channels, 2).map((value, i) => value * 1.5 + columnMean[i % channels]));
  const draft = pair.output(2 * channels);
  pair.run((engine, at) => {
    if (engine === pair.reference) engine.batchStatistics({ rows, channels }, { x: at(x), statistics: at(draft) });
  });
  return {
    x,
    statistics: pair.operand(pair.read(draft, 1)),
    gain: pair.operand(normal(channels, 3, 1, 0.3)),
    bias: pair.operand(normal(channels, 4)),
  };
}
