/** Operands shared by both normalisations and both their directions. */
import type { NormGradients, NormOperands } from "../../../nn/backend/backend.ts";
import type { Affine } from "./norms.ts";
import { floats } from "./reference_buffer.ts";

/** {@link NormOperands} as arrays. */
export type NormArrays = Readonly<Record<keyof NormOperands, Float32Array>>;

/** The arrays behind the spans: `count` numbers in `groups` groups with `parameters` gains and as many biases. */
export function normOperands(
  { x, statistics, gain, bias }: NormOperands,
  count: number,
  groups: number,
  parameters: number,
): NormArrays {
  return {
    x: floats(x, count),
    statistics: floats(statistics, 2 * groups),
    gain: floats(gain, parameters),
    bias: floats(bias, parameters),
  };
}

/** What normalises group `group` with parameter `parameter`. */
export function affine(
  { epsilon, slope }: { epsilon: number; slope: number },
  { statistics, gain, bias }: NormArrays,
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

/** A function that adds to gain and bias gradient `i`, or does nothing where they are not wanted. */
export function parameterGradients(
  { dParameters }: NormGradients,
  parameters: number,
): (i: number, sums: readonly [dGain: number, dBias: number]) => void {
  if (!dParameters) return () => {};
  const gains = floats(dParameters.gain, parameters), biases = floats(dParameters.bias, parameters);
  return (i, sums) => {
    gains[i] += sums[0];
    biases[i] += sums[1];
  };
}
