import type { Work } from "../work.ts";

/** Velocities `[n, …]` of points `[n, …]` at a time. */
export type Velocity = (points: Float32Array, time: number) => Work<Float32Array>;

/** Steps from noise to codes unless told otherwise: rooms of 60 steps are no better. */
export const SAMPLER_STEPS = 10;

/**
 * Follows velocities dx/dt from time 1, noise, to time 0, codes, in equal steps: Heun's method, the last step being
 * Euler's (T. Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models", NeurIPS 2022,
 * algorithm 1).
 *
 * @param noise points at time 1; stays as it is.
 */
export function* integrate(
  velocity: Velocity,
  noise: Float32Array,
  steps: number,
): Work<Float32Array<ArrayBuffer>> {
  let points = Float32Array.from(noise);
  for (let step = 0; step < steps; step++) {
    const time = 1 - step / steps, next = 1 - (step + 1) / steps, length = next - time;
    const before = yield* velocity(points, time);
    const reached = points.map((value, i) => value + length * before[i]);
    if (step === steps - 1) return reached;
    const after = yield* velocity(reached, next);
    points = points.map((value, i) => value + length * (before[i] + after[i]) / 2);
  }
  return points;
}
