/** Codes whose distribution is known: near a few modes. */
import { fillNormal } from "../../../base/random.ts";
import { CodeScale } from "../../../nn/prior/code_scale.ts";
import type { PriorConfig } from "../../../nn/prior/config.ts";
import { GaussianPrior } from "../../../nn/prior/gaussian_prior.ts";
import type { PriorCodes } from "../../../train/prior/prior_batch.ts";

/** Codes near a few modes; the label of each, and the one class that it has besides class 0, tell the mode. */
export function mixture(
  config: PriorConfig,
  modes: readonly Float32Array[],
  count: number,
  spread: number,
): PriorCodes {
  const size = modes[0].length, codes = new Float32Array(count * size);
  fillNormal(codes, { seed: 4, stream: 92, iteration: 0 }, 0, spread);
  codes.forEach((_, i) => codes[i] += modes[Math.floor(i / size) % modes.length][i % size]);
  const scale = CodeScale.of(codes, size, config.codeShape.at(-1)!), normalised = scale.normalised(codes);
  const known = { code: new Float32Array(size), blocks: new Uint8Array(config.cells * 128) };
  const classesOf = (mode: number) =>
    Uint8Array.from({ length: config.classes }, (_, i) => +(i === 0 || i === 1 + mode));
  return {
    config,
    labels: modes.map((_, i) => `mode ${i}`),
    scale,
    knownScale: scale,
    gaussian: GaussianPrior.of(codes, size),
    scenes: Array.from({ length: count }, (_, i) => ({
      code: normalised.subarray(i * size, (i + 1) * size),
      label: i % modes.length,
      present: classesOf(i % modes.length),
      parts: [known],
    })),
  };
}

/** So many modes of `size` numbers, far from each other. */
export function modesOf(size: number, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, i) => {
    const mode = new Float32Array(size);
    fillNormal(mode, { seed: 8, stream: 93, iteration: i }, 0, 3);
    return mode;
  });
}

/** Distance of each sample to its nearest mode, as √ of the mean squared difference, and which it is. */
export function nearest(samples: Float32Array, modes: readonly Float32Array[]): { distance: number; mode: number }[] {
  const size = modes[0].length;
  return Array.from({ length: samples.length / size }, (_, i) => {
    const distances = modes.map((mode) =>
      Math.sqrt(mode.reduce((sum, value, j) => sum + (value - samples[i * size + j]) ** 2, 0) / size)
    );
    const distance = Math.min(...distances);
    return { distance, mode: distances.indexOf(distance) };
  });
}
