import type { LayerNormShape } from "../backend/backend.ts";
import type { ParameterSet } from "../parameters.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { NORM_EPSILON } from "./batch_norm.ts";

/**
 * act((x − mean)/√(variance + ε)·gain + bias) with mean and variance over all but the first axis; gain and bias are
 * single numbers. Samples do not see each other, so that several batches may go through as one.
 */
export function layerNorm(tape: Tape, x: Tensor, set: ParameterSet, name: string, slope: number): Tensor {
  const { backend } = tape;
  const gain = set.get(`${name}.gain`), bias = set.get(`${name}.bias`);
  const samples = x.shape[0];
  const shape: LayerNormShape = { samples, features: x.size / samples, epsilon: NORM_EPSILON, slope };
  const learns = tape.learns(gain);
  const inPlace = !learns && !tape.tracks(x);
  const y = inPlace ? tape.own(x.overwrite()) : tape.allocate(x.shape, `${set.network}.${name}`, x.dtype);
  const statistics = tape.allocate([2, samples], `${set.network}.${name} statistics`);
  const affine = { gain: gain.value, bias: bias.value };
  backend.layerNorm(shape, { x: inPlace ? y : x, statistics, ...affine, y });
  tape.record({
    op: `layerNorm ${set.network}.${name}`,
    inputs: [x],
    outputs: [y],
    saved: [x, statistics],
    vjp: ([dy]) => {
      if (!dy) return;
      const [dGain, dBias] = [gain, bias].map((parameter) => learns ? set.gradientOf(parameter) : null);
      const dx = tape.exclusive(dy);
      backend.layerNormBackward(shape, { x, statistics, ...affine, dy: dx, dx, dGain, dBias });
      tape.passGradient(x, dx);
    },
  }, [gain, bias]);
  return y;
}
