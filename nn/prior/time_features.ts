/** How many numbers tell a network the time. */
export const TIME_FEATURES = 64;

const HALF = TIME_FEATURES / 2;

/** Radians per unit of time, float64 `[32]`, in equal ratios from π/2 to 50π. */
export const TIME_FREQUENCIES: Float64Array<ArrayBuffer> = Float64Array.from(
  { length: HALF },
  (_, k) => Math.PI * 0.5 * 100 ** (k / (HALF - 1)),
);

/**
 * Times between 0 and 1 as sines and cosines of 32 frequencies, `[n, 64]`: the sines, then the cosines (A. Vaswani et
 * al., "Attention Is All You Need", 2017, section 3.5).
 */
export function timeFeatures(times: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const features = new Float32Array(times.length * TIME_FEATURES);
  for (let i = 0; i < times.length; i++) {
    TIME_FREQUENCIES.forEach((frequency, k) => {
      features[i * TIME_FEATURES + k] = Math.sin(frequency * times[i]);
      features[i * TIME_FEATURES + HALF + k] = Math.cos(frequency * times[i]);
    });
  }
  return features;
}
