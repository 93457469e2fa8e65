import type { Tolerance } from "./kit.ts";

/** The line of the report for one group of tensors. */
export interface GroupResult {
  readonly kit: string;
  readonly group: string;
  readonly tensors: number;
  readonly worst: number;
  readonly worstName: string;
  readonly limit: number;
  readonly passed: boolean;
}

/** ‖x − reference‖ / ‖reference‖; the plain norm of x where the reference is 0. */
export function relativeL2(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  let difference = 0, norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (found[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(norm === 0 ? difference : difference / norm);
}

/** Difference of two tensors by the metric that a kit's json names. */
export function difference(metric: string, found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  if (metric === "exact" || metric === "share of equal labels") {
    let differing = 0;
    for (let i = 0; i < expected.length; i++) if (found[i] !== expected[i]) differing++;
    return metric === "exact" ? differing : differing / expected.length;
  }
  if (metric === "largest absolute difference") {
    let largest = 0;
    for (let i = 0; i < expected.length; i++) {
      const both = Number.isNaN(found[i]) && Number.isNaN(expected[i]);
      if (!both) largest = Math.max(largest, Number.isNaN(found[i]) ? Infinity : Math.abs(found[i] - expected[i]));
    }
    return largest;
  }
  const distance = relativeL2(found, expected);
  return Number.isNaN(distance) ? Infinity : distance;
}

/**
 * Sums up the differences of a group by the tensor that is nearest to its limit, or beyond it; a group without tensors,
 * or with one that was not computed, fails. `noise`: what is added to the limit of each tensor.
 */
export function groupResult(
  kit: string,
  tolerance: Tolerance,
  differences: ReadonlyMap<string, number>,
  noise?: ReadonlyMap<string, number>,
): GroupResult {
  const { group } = tolerance;
  let worst = 0, worstName = "", limit = tolerance.limit, share = -1;
  for (const [name, value] of differences) {
    const own = tolerance.limit + (noise?.get(name) ?? 0), ownShare = value === 0 ? 0 : value / own;
    if (ownShare > share) [worst, worstName, limit, share] = [value, name, own, ownShare];
  }
  return {
    kit,
    group,
    tensors: differences.size,
    worst,
    worstName,
    limit,
    passed: differences.size > 0 && worst <= limit,
  };
}
