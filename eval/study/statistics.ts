/** Means over scenes, their intervals, and differences between systems on the same scenes. */
import { bootstrap, type Estimate } from "../metrics/generation/bootstrap.ts";
import type { StageScores } from "./scene_scores.ts";

/** The numbers of the charts: by the published formulas, and IoU as it is usually defined. */
export type Measure = "iou" | "ap" | "trueIou";

/** Sets of scenes drawn for an interval. */
const REPLICATES = 500;
/** Half the width of the intervals in standard errors. */
const STANDARD_ERRORS = 1.96;

/**
 * A measure of one entry over scenes that count as often as `weights` says. IoU is the mean over the scenes where the
 * class occurs in either volume, average precision the sum over the scenes where it occurs divided by all scenes,
 * as the paper's program has it.
 */
export function measureOf(
  scores: StageScores,
  measure: Measure,
  entry: number,
  weights?: ArrayLike<number>,
): number {
  const scenes = measure === "ap" ? scores.ap : scores.iou;
  let sum = 0, total = 0;
  scenes.forEach((entries, scene) => {
    const value = entries[entry], weight = weights?.[scene] ?? 1, occurs = !Number.isNaN(value);
    if (occurs) sum += weight * (measure === "trueIou" ? value / (1 - value) : value);
    if (occurs || measure === "ap") total += weight;
  });
  return sum / total;
}

/** A measure with its 95 % interval over the choice of test scenes. */
export function estimate(scores: StageScores, measure: Measure, entry: number, seed: number): Estimate {
  const statistic = ([weights]: readonly Float64Array[]) => measureOf(scores, measure, entry, weights);
  return bootstrap([scores.iou.length], statistic, { seed, replicates: REPLICATES });
}

/** How much better one system is than another on the same scenes. */
export interface Difference extends Estimate {
  /** Standard error over the choice of test scenes. */
  readonly sigma: number;
}

/** `b` − `a`: each drawn set of scenes goes through both, so that what makes a scene hard for both cancels. */
export function difference(
  a: StageScores,
  b: StageScores,
  measure: Measure,
  entry: number,
  seed: number,
): Difference {
  const statistic = ([weights]: readonly Float64Array[]) =>
    measureOf(b, measure, entry, weights) - measureOf(a, measure, entry, weights);
  const found = bootstrap([a.iou.length], statistic, { seed, replicates: REPLICATES });
  return { ...found, sigma: (found.high - found.low) / (2 * STANDARD_ERRORS) };
}

/** How the order of systems compares with the paper's. */
export interface OrderVerdict {
  /** Whether it is the paper's, worst to best. */
  readonly same: boolean;
  /** Pairs of systems in the paper's order. */
  readonly agreeing: number;
  /** Pairs in the other order whose difference is above two standard errors. */
  readonly contradicting: readonly (readonly [worse: number, better: number])[];
  /** All pairs. */
  readonly pairs: number;
}

/** Compares systems that are given in the paper's order, worst to best. */
export function orderVerdict(
  systems: readonly StageScores[],
  measure: Measure,
  entry: number,
  seed: number,
): OrderVerdict {
  const pairs = systems.flatMap((_, a) => systems.slice(a + 1).map((_, gap) => [a, a + 1 + gap] as const));
  const differences = pairs.map(([a, b]) => difference(systems[a], systems[b], measure, entry, seed));
  const agreeing = differences.filter(({ value }) => value > 0).length;
  return {
    same: agreeing === pairs.length,
    agreeing,
    contradicting: pairs.filter((_, i) => differences[i].value < -2 * differences[i].sigma),
    pairs: pairs.length,
  };
}
