/** Normalisation of rows, scaled and shifted by blocks of a modulation, in double precision. */
import type { ModulatedNormShape } from "../../../nn/backend/backend.ts";
import { row, statisticsOf } from "./norms.ts";

type Arrays<Name extends string> = Readonly<Record<Name, Float32Array>>;

/** Where a row's scales and shifts begin in the modulation. */
function modulationAt({ cells, channels, blocks, scale, shift }: ModulatedNormShape, r: number): [number, number] {
  const first = Math.floor(r / cells) * blocks * channels;
  return [first + scale * channels, first + shift * channels];
}

/** y and statistics. */
export function modulatedNorm(
  shape: ModulatedNormShape,
  { x, modulation, statistics, y }: Arrays<"x" | "modulation" | "statistics" | "y">,
): void {
  const { samples, cells, channels, epsilon } = shape, rows = samples * cells;
  for (let r = 0; r < rows; r++) {
    const [mean, variance] = statisticsOf(x, row(channels, r)), inverse = 1 / Math.sqrt(variance + epsilon);
    const [scale, shift] = modulationAt(shape, r);
    [statistics[r], statistics[rows + r]] = [mean, inverse];
    for (let c = 0; c < channels; c++) {
      const normalised = (x[r * channels + c] - mean) * inverse;
      y[r * channels + c] = normalised * (1 + modulation[scale + c]) + modulation[shift + c];
    }
  }
}

/** dx, and what is added to dModulation if it is given. */
export function modulatedNormBackward(
  shape: ModulatedNormShape,
  operands: Arrays<"x" | "modulation" | "statistics" | "dy" | "dx"> & { readonly dModulation: Float32Array | null },
): void {
  const { samples, cells, channels } = shape, rows = samples * cells;
  const { x, modulation, statistics, dy, dx, dModulation } = operands;
  const sums = Float64Array.from(dModulation ?? []);
  for (let r = 0; r < rows; r++) {
    const [mean, inverse] = [statistics[r], statistics[rows + r]], [scale, shift] = modulationAt(shape, r);
    const normalised = (c: number) => (x[r * channels + c] - mean) * inverse;
    const gradient = Float64Array.from(
      { length: channels },
      (_, c) => dy[r * channels + c] * (1 + modulation[scale + c]),
    );
    let sum = 0, product = 0;
    for (let c = 0; c < channels; c++) {
      sum += gradient[c];
      product += gradient[c] * normalised(c);
      sums[scale + c] += dy[r * channels + c] * normalised(c);
      sums[shift + c] += dy[r * channels + c];
    }
    for (let c = 0; c < channels; c++) {
      dx[r * channels + c] = inverse * (gradient[c] - sum / channels - normalised(c) * product / channels);
    }
  }
  dModulation?.set(sums);
}
