/** The activations. */

/** Derivative of the activation where its output (or, for slope > 0, its input) is `y`. */
export function slopeAt(slope: number, y: number): number {
  return y > 0 || (y === 0 && slope !== 0) ? 1 : slope;
}

/** The activation of `x`. */
export function activate(slope: number, x: number): number {
  return slopeAt(slope, x) * x;
}

/** 1/(1 + e⁻ˣ). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Derivative of x·sigmoid(x). */
export function siluSlope(x: number): number {
  return sigmoid(x) * (1 + x * sigmoid(-x));
}
