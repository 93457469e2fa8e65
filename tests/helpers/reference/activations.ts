/** The piecewise linear activations. */

/** Derivative of the activation where its output (or, for slope > 0, its input) is `y`. */
export function slopeAt(slope: number, y: number): number {
  return y > 0 || (y === 0 && slope !== 0) ? 1 : slope;
}

/** The activation of `x`. */
export function activate(slope: number, x: number): number {
  return slopeAt(slope, x) * x;
}
