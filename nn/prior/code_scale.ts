/**
 * Moves codes to where a prior works: mean 0 of each number, deviation 1 of each channel. A deviation for each number
 * or a whitening by principal components would blow up what hardly varies, and learns worse.
 */
export class CodeScale {
  /** Mean of each number, `[codeSize]`. */
  readonly mean: Float32Array<ArrayBuffer>;
  /** Standard deviation of each channel, over codes and cells, `[channels]`. */
  readonly deviation: Float32Array<ArrayBuffer>;

  /** @throws {RangeError} if a deviation is not above 0. */
  constructor(mean: Float32Array<ArrayBuffer>, deviation: Float32Array<ArrayBuffer>) {
    if (!deviation.every((each) => each > 0)) throw new RangeError("a deviation of codes is not above 0");
    this.mean = mean;
    this.deviation = deviation;
  }

  /** The scale of `codes` `[n, codeSize]`, whose last axis has so many channels. A channel that never varies keeps its size. */
  static of(codes: Float32Array, codeSize: number, channels: number): CodeScale {
    const count = codes.length / codeSize;
    const sums = new Float64Array(codeSize), squares = new Float64Array(channels);
    codes.forEach((value, i) => sums[i % codeSize] += value);
    const mean = Float32Array.from(sums, (sum) => sum / count);
    codes.forEach((value, i) => squares[i % channels] += (value - mean[i % codeSize]) ** 2);
    return new CodeScale(mean, Float32Array.from(squares, (sum) => Math.sqrt(sum * channels / codes.length) || 1));
  }

  /** Codes `[n, codeSize]` as the prior sees them. */
  normalised(codes: Float32Array): Float32Array<ArrayBuffer> {
    const { mean, deviation } = this;
    return Float32Array.from(codes, (value, i) => (value - mean[i % mean.length]) / deviation[i % deviation.length]);
  }

  /** The way back. */
  restored(normalised: Float32Array): Float32Array<ArrayBuffer> {
    const { mean, deviation } = this;
    return Float32Array.from(
      normalised,
      (value, i) => value * deviation[i % deviation.length] + mean[i % mean.length],
    );
  }
}
