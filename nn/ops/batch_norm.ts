import type { BatchNormShape, Span } from "../backend/backend.ts";
import type { ParameterSet } from "../parameters.ts";
import { assertShape } from "../shape.ts";
import type { Tape } from "../tape.ts";
import { Tensor } from "../tensor.ts";

/** ε of both norms (docs/model.md). */
export const NORM_EPSILON = 1e-5;

/**
 * act((x − mean)/√(variance + ε)·gain + bias) with one mean, variance, gain and bias per channel (last axis).
 *
 * The batch may consist of `groups` equal parts that are normalised apart, as if each had gone through the network by
 * itself. With running statistics there is nothing to differentiate: such a tape is for inference.
 */
export function batchNorm(tape: Tape, x: Tensor, set: ParameterSet, name: string, slope: number, groups = 1): Tensor {
  const { backend } = tape;
  const gain = set.get(`${name}.gain`), bias = set.get(`${name}.bias`);
  const channels = gain.shape[0];
  assertShape(`channels of ${gain.name}`, [x.shape.at(-1)!], [channels]);
  const shape: BatchNormShape = { rows: x.size / channels / groups, channels, epsilon: NORM_EPSILON, slope };
  const affine = { gain: gain.value, bias: bias.value }, learns = tape.learns(gain);
  if (tape.statistics === "running" && (learns || tape.tracks(x))) {
    throw new RangeError(`${gain.name}: a tape that trains uses the statistics of the batch`);
  }
  const inPlace = !learns && !tape.tracks(x);
  const y = inPlace ? tape.own(x.overwrite()) : tape.allocate(x.shape, `${set.network}.${name}`, x.dtype);
  const input = inPlace ? y : x;
  if (tape.statistics === "running") {
    const { value } = set.statisticsOf(name);
    const operands = { x: input, statistics: value, ...affine, y };
    backend.batchNorm({ ...shape, rows: x.size / channels }, operands);
    return y;
  }
  const statistics = tape.allocate([groups, 2, channels], `${set.network}.${name} statistics`);
  for (let group = 0; group < groups; group++) {
    const operands = { x: part(input, group, groups), statistics: part(statistics, group, groups), ...affine };
    backend.batchStatistics(shape, operands);
    backend.batchNorm(shape, { ...operands, y: part(y, group, groups) });
  }
  tape.showStatistics(set, name, statistics);
  tape.record({
    op: `batchNorm ${set.network}.${name}`,
    inputs: [x],
    outputs: [y],
    saved: [x, statistics],
    vjp: ([dy]) => {
      if (!dy) return;
      const [dGain, dBias] = [gain, bias].map((parameter) => learns ? set.gradientOf(parameter) : null);
      const dx = tape.exclusive(dy);
      using means = Tensor.allocate(backend, [groups, 2, channels], "batch norm gradient means");
      for (let group = 0; group < groups; group++) {
        const d = part(dx, group, groups), own = part(means, group, groups);
        const operands = { x: part(x, group, groups), statistics: part(statistics, group, groups), ...affine };
        backend.batchNormGradientMeans(shape, { ...operands, dy: d, means: own, dGain, dBias });
        backend.batchNormBackward(shape, { ...operands, dy: d, means: own, dx: d });
      }
      tape.passGradient(x, dx);
    },
  }, [gain, bias]);
  return y;
}

/** Where part `index` of `parts` equal ones starts. */
function part(tensor: Tensor, index: number, parts: number): Span {
  const { buffer, byteOffset, byteLength, dtype } = tensor;
  return { buffer, byteOffset: byteOffset + byteLength / parts * index, dtype };
}
