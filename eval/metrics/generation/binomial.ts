import { type Estimate, STANDARD_ERRORS } from "./bootstrap.ts";

/**
 * A share of `count` independent trials with its 95 % interval (E. B. Wilson, "Probable Inference, the Law of
 * Succession, and Statistical Inference", Journal of the American Statistical Association 22, 1927), which keeps a width
 * where all trials end alike. NaN without trials.
 */
export function binomialShare(successes: number, count: number): Estimate {
  const value = successes / count, squared = STANDARD_ERRORS ** 2;
  const centre = (value + squared / (2 * count)) / (1 + squared / count);
  const reach = STANDARD_ERRORS / (1 + squared / count) *
    Math.sqrt(value * (1 - value) / count + squared / (4 * count ** 2));
  return { value, low: Math.min(value, centre - reach), high: Math.max(value, centre + reach) };
}
