import type { Tensor } from "../nn/tensor.ts";

/**
 * How close codes `[n, d, h, w, channels]` are to N(0, 1), as the original program reports it: their mean, and their
 * standard deviation over the channels, averaged over all positions. Waits for the engine.
 */
export function codeStatistics(codes: Tensor): { mean: number; deviation: number } {
  const values = codes.toFloat32(), channels = codes.shape.at(-1)!;
  const mean = (numbers: Float32Array) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  let deviations = 0;
  for (let start = 0; start < values.length; start += channels) {
    const cell = values.subarray(start, start + channels), center = mean(cell);
    deviations += Math.sqrt(cell.reduce((sum, value) => sum + (value - center) ** 2, 0) / channels);
  }
  return { mean: mean(values), deviation: deviations / (values.length / channels) };
}
