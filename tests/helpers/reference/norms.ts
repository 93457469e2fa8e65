/**
 * Batch and layer normalisation, which differ only in what is a group: a column of `[rows, channels]` with its own gain
 * and bias, or a row of `[samples, features]`.
 */
import { activate, slopeAt } from "./activations.ts";

/** Elements `start + i·stride`, i < count, that share a mean and a variance. */
export interface Group {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
}

/** Column `channel` of `[rows, channels]`. */
export function column(rows: number, channels: number, channel: number): Group {
  return { start: channel, stride: channels, count: rows };
}

/** Row `sample` of `[samples, features]`. */
export function row(features: number, sample: number): Group {
  return { start: sample * features, stride: 1, count: features };
}

/** Mean and biased variance of a group, in two passes. */
export function statisticsOf(x: Float32Array, { start, stride, count }: Group): [mean: number, variance: number] {
  let sum = 0, squares = 0;
  for (let i = 0; i < count; i++) sum += x[start + i * stride];
  const mean = sum / count;
  for (let i = 0; i < count; i++) squares += (x[start + i * stride] - mean) ** 2;
  return [mean, squares / count];
}

/** What normalises a group: its statistics and its affine map. */
export interface Affine {
  readonly mean: number;
  /** 1/√(variance + ε). */
  readonly inverseDeviation: number;
  readonly gain: number;
  readonly bias: number;
  readonly slope: number;
}

/** What normalises group `group` with gain and bias number `parameter`. */
export function affine(
  { epsilon, slope }: { readonly epsilon: number; readonly slope: number },
  { statistics, gain, bias }: Readonly<Record<"statistics" | "gain" | "bias", Float32Array>>,
  group: number,
  parameter: number,
): Affine {
  return {
    mean: statistics[group],
    inverseDeviation: 1 / Math.sqrt(statistics[statistics.length / 2 + group] + epsilon),
    gain: gain[parameter],
    bias: bias[parameter],
    slope,
  };
}

/** y = act((x − mean)·inverseDeviation·gain + bias). */
export function normalise(x: Float32Array, group: Group, affine: Affine, y: Float32Array): void {
  const { start, stride, count } = group;
  const { mean, inverseDeviation, gain, bias, slope } = affine;
  for (let i = 0; i < count; i++) {
    const at = start + i * stride;
    y[at] = activate(slope, (x[at] - mean) * inverseDeviation * gain + bias);
  }
}

/** What is normalised at a place, and the gradient before the activation there. */
function gradientsOf(x: Float32Array, { mean, inverseDeviation, gain, bias, slope }: Affine, dy: Float32Array) {
  const normalised = (at: number) => (x[at] - mean) * inverseDeviation;
  const beforeActivation = (at: number) => dy[at] * slopeAt(slope, normalised(at) * gain + bias);
  return { normalised, beforeActivation };
}

/** What dGain and dBias grow by: the gradients of {@link normalise} for gain and bias. */
export function parameterGradients(
  x: Float32Array,
  { start, stride, count }: Group,
  affine: Affine,
  dy: Float32Array,
): [dGain: number, dBias: number] {
  const { normalised, beforeActivation } = gradientsOf(x, affine, dy);
  let dGain = 0, dBias = 0;
  for (let i = 0; i < count; i++) {
    const at = start + i * stride, gradient = beforeActivation(at);
    dGain += gradient * normalised(at);
    dBias += gradient;
  }
  return [dGain, dBias];
}

/** Gradient of {@link normalise} through the group's own statistics, by the means of what is summed for gain and bias. */
export function normaliseBackward(
  x: Float32Array,
  { start, stride, count }: Group,
  affine: Affine,
  [gainMean, biasMean]: readonly [number, number],
  dy: Float32Array,
  dx: Float32Array,
): void {
  const { normalised, beforeActivation } = gradientsOf(x, affine, dy), { gain, inverseDeviation } = affine;
  for (let i = 0; i < count; i++) {
    const at = start + i * stride;
    dx[at] = gain * inverseDeviation * (beforeActivation(at) - biasMean - normalised(at) * gainMean);
  }
}
