import { bootstrap, type BootstrapOptions, type Estimate, weightedSum } from "./bootstrap.ts";

/**
 * Jensen–Shannon divergence of two lists of counts, each scaled to sum 1, in bits: ½ KL(p‖m) + ½ KL(q‖m) with
 * m = ½ (p + q) and logarithms of base 2 (J. Lin, "Divergence measures based on the Shannon entropy", IEEE Transactions
 * on Information Theory 37, 1991). 0 for equal distributions, 1 for distributions without common support; NaN if one
 * has no counts at all.
 */
export function jensenShannon(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const pSum = total(p), qSum = total(q);
  if (!(pSum > 0 && qSum > 0)) return NaN;
  let bits = 0;
  for (let i = 0; i < p.length; i++) {
    const a = p[i] / pSum, b = q[i] / qSum, middle = (a + b) / 2;
    if (a > 0) bits += a * Math.log2(a / middle) / 2;
    if (b > 0) bits += b * Math.log2(b / middle) / 2;
  }
  return Math.min(1, Math.max(0, bits));
}

function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i];
  return sum;
}

/**
 * {@link jensenShannon} of the counts of two sets of scenes, pooled over the scenes of each, with its interval.
 *
 * @param scenes counts of each scene of the one set, lists of equal length.
 * @param reference the same of the other set.
 */
export function pooledDivergence(
  scenes: readonly ArrayLike<number>[],
  reference: readonly ArrayLike<number>[],
  options: BootstrapOptions,
): Estimate {
  return bootstrap(
    [scenes.length, reference.length],
    ([ofScenes, ofReference]) => jensenShannon(weightedSum(scenes, ofScenes), weightedSum(reference, ofReference)),
    { ...options, range: [0, 1] },
  );
}
