/** Normal distributions given by mean and logarithm of the variance, in double precision. */

/** Standard deviation. */
export function deviation(logVariance: number): number {
  return Math.exp(0.5 * logVariance);
}

/** Derivative of mean + deviation·noise for the logarithm of the variance. */
export function sampleSlope(logVariance: number, noise: number): number {
  return 0.5 * deviation(logVariance) * noise;
}

/** Σ of KL(N(mean, variance) ‖ N(0, 1)) over all numbers. */
export function divergence(mean: Float32Array, logVariance: Float32Array): number {
  return mean.reduce((sum, m, i) => sum + 0.5 * (m * m + Math.expm1(logVariance[i]) - logVariance[i]), 0);
}

/** Derivative of {@link divergence} for one logarithm of the variance; the one for a mean is the mean. */
export function divergenceSlope(logVariance: number): number {
  return 0.5 * Math.expm1(logVariance);
}
