/** Operands shared by both normalisations and both their directions. */
import type { Span } from "../../../nn/backend/backend.ts";
import type { Affine } from "./norms.ts";
import { floats } from "./reference_buffer.ts";

/** Statistics, gains and biases as arrays. */
export interface NormOperands {
  /** Means of all groups, then variances of all groups. */
  readonly statistics: Float32Array;
  readonly gain: Float32Array;
  readonly bias: Float32Array;
}

/** The arrays behind the spans for `groups` groups with `parameters` gains and as many biases. */
export function normOperands(
  statistics: Span,
  gain: Span,
  bias: Span,
  groups: number,
  parameters: number,
): NormOperands {
  return {
    statistics: floats(statistics, 2 * groups),
    gain: floats(gain, parameters),
    bias: floats(bias, parameters),
  };
}

/** What normalises group `group` with parameter `parameter`. */
export function affine(
  { epsilon, slope }: { epsilon: number; slope: number },
  { statistics, gain, bias }: NormOperands,
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

/** A function that adds to gain and bias gradient `i`, or does nothing where both spans are null. */
export function parameterGradients(
  dGain: Span | null,
  dBias: Span | null,
  parameters: number,
): (i: number, sums: readonly [dGain: number, dBias: number]) => void {
  if ((dGain === null) !== (dBias === null)) throw new RangeError("either both or neither of dGain and dBias are null");
  const gains = dGain && floats(dGain, parameters), biases = dBias && floats(dBias, parameters);
  return (i, sums) => {
    if (gains) gains[i] += sums[0];
    if (biases) biases[i] += sums[1];
  };
}
