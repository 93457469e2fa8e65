/** Share of the mean variance that is added to every variance, so that numbers which hardly vary do no harm. */
const RIDGE = 1e-6;

/** The normal distribution with mean and covariance of the codes: the simplest prior that was fitted to them. */
export class GaussianPrior {
  /** @param factor lower triangle L of LLᵀ = covariance, `[d, d]`, zeros above. */
  constructor(readonly mean: Float32Array<ArrayBuffer>, readonly factor: Float32Array<ArrayBuffer>) {
    if (factor.length !== mean.length ** 2) throw new RangeError("factor and mean are of different sizes");
  }

  /** Fitted to codes `[n, d]`. */
  static of(codes: Float32Array, d: number): GaussianPrior {
    const n = codes.length / d, sums = new Float64Array(d);
    codes.forEach((value, i) => sums[i % d] += value);
    const mean = Float32Array.from(sums, (sum) => sum / n);
    const covariance = new Float64Array(d * d), centred = new Float64Array(d);
    for (let row = 0; row < n; row++) {
      for (let i = 0; i < d; i++) centred[i] = codes[row * d + i] - mean[i];
      for (let i = 0; i < d; i++) {
        const value = centred[i] / n;
        for (let j = 0; j <= i; j++) covariance[i * d + j] += value * centred[j];
      }
    }
    const trace = mean.reduce((sum, _, i) => sum + covariance[i * d + i], 0);
    for (let i = 0; i < d; i++) covariance[i * d + i] += RIDGE * trace / d;
    return new GaussianPrior(mean, choleskyFactor(covariance, d));
  }

  /** Codes `[n, d]` of noise `[n, d]` from N(0, 1). */
  sample(noise: Float32Array): Float32Array<ArrayBuffer> {
    const { mean, factor } = this, d = mean.length;
    return Float32Array.from(noise, (_, at) => {
      const i = at % d, row = at - i;
      let sum = mean[i];
      for (let j = 0; j <= i; j++) sum += factor[i * d + j] * noise[row + j];
      return sum;
    });
  }
}

/** L with LLᵀ = a, whose lower triangle `[d, d]` is given; zeros where `a` has no variance left. */
function choleskyFactor(a: Float64Array, d: number): Float32Array<ArrayBuffer> {
  const l = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * d + j];
      for (let k = 0; k < j; k++) rest -= l[i * d + k] * l[j * d + k];
      if (i === j) l[i * d + i] = Math.sqrt(Math.max(0, rest));
      else l[i * d + j] = l[j * d + j] > 0 ? rest / l[j * d + j] : 0;
    }
  }
  return Float32Array.from(l);
}
