/** How far a number may be off because only so many scenes were looked at. */
import { UniformSequence } from "../../../base/random.ts";

/** Stream of the resampled scenes; training, codes and rooms use others. */
const BOOTSTRAP_STREAM = 48;
/** Half the width of a 95 % interval in standard errors. */
const STANDARD_ERRORS = 1.96;

/** A number with its 95 % confidence interval. */
export interface Estimate {
  /** Of the scenes at hand. */
  readonly value: number;
  /** Lower end of the interval; equal to the value where it cannot be told. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
}

/** How {@link bootstrap} resamples. */
export interface BootstrapOptions {
  /** uint32; equal seeds give equal intervals. */
  readonly seed: number;
  /** How often the scenes are drawn anew; 50 to 200 are enough for a standard error (section 6.4 of the source). */
  readonly replicates: number;
  /** Values that the number can have at all: the interval ends there. */
  readonly range?: readonly [least: number, most: number];
}

/**
 * The standard bootstrap interval: value ± 1.96 standard errors, these being the deviation of the number over sets of
 * scenes drawn with replacement from each of the given ones (B. Efron and R. Tibshirani, "An Introduction to the
 * Bootstrap", 1993, chapters 6 and 12). It is centred on the value, unlike percentiles, which for divergences and
 * distances lie above it because drawn sets repeat scenes.
 *
 * @param counts number of scenes of each set that is drawn from.
 * @param statistic the number for weights, one list per set: how often each scene is in it.
 */
export function bootstrap(
  counts: readonly number[],
  statistic: (weights: readonly Float64Array[]) => number,
  { seed, replicates, range = [-Infinity, Infinity] }: BootstrapOptions,
): Estimate {
  const value = statistic(counts.map((count) => new Float64Array(count).fill(1)));
  if (!Number.isFinite(value) || counts.some((count) => count < 2)) return { value, low: value, high: value };
  const drawn: number[] = [];
  for (let replicate = 0; replicate < replicates; replicate++) {
    const random = new UniformSequence({ seed, stream: BOOTSTRAP_STREAM, iteration: replicate });
    const again = statistic(counts.map((count) => draw(count, random)));
    if (Number.isFinite(again)) drawn.push(again);
  }
  const reach = STANDARD_ERRORS * deviation(drawn);
  return { value, low: Math.max(range[0], value - reach), high: Math.min(range[1], value + reach) };
}

/** How often each of `count` scenes is drawn in as many draws. */
function draw(count: number, random: UniformSequence): Float64Array {
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) weights[random.below(count)]++;
  return weights;
}

function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Mean of one number per scene, with its interval. NaN for no scenes. */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions): Estimate {
  return bootstrap([values.length], ([weights]) => weightedMean(values, weights), options);
}

/** Σ w·x / Σ w. */
function weightedMean(values: ArrayLike<number>, weights: Float64Array): number {
  let sum = 0, total = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i] * values[i];
    total += weights[i];
  }
  return sum / total;
}

/** Σ w·row of rows of equal length: the counts of the drawn scenes together. */
export function weightedSum(rows: readonly ArrayLike<number>[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(rows[0].length);
  rows.forEach((row, i) => {
    const weight = weights[i];
    if (weight !== 0) { for (let k = 0; k < sum.length; k++) sum[k] += weight * row[k]; }
  });
  return sum;
}

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
