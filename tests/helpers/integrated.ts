import { integrate } from "../../nn/prior/integrate.ts";
import { finished } from "../../nn/work.ts";

/** Where velocities that need no engine lead. */
export function integrated(
  velocity: (points: Float32Array, time: number) => Float32Array,
  noise: Float32Array,
  steps: number,
): Float32Array<ArrayBuffer> {
  // deno-lint-ignore require-yield
  const work = function* (points: Float32Array, time: number) {
    return velocity(points, time);
  };
  return finished(integrate(work, noise, steps));
}
