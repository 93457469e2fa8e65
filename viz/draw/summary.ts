import type { LossRow } from "./statistics.ts";

/** A loss over at most a few hundred points, each for a range of steps; lists of equal length. */
export interface Summary {
  /** Middle of the steps of each point, increasing. */
  readonly steps: readonly number[];
  readonly mean: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Mean, least and greatest value of the loss `name` in each of `bins` equal ranges of steps that has any. */
export function summarise(
  rows: readonly LossRow[],
  name: string,
  [first, last]: readonly [number, number],
  bins: number,
): Summary {
  const steps: number[] = [], mean: number[] = [], low: number[] = [], high: number[] = [];
  let bin = -1, count = 0;
  for (const { step, losses } of rows) {
    const value = losses.get(name);
    if (value === undefined) continue;
    const into = Math.min(bins - 1, Math.floor((step - first) / Math.max(1, last - first) * bins));
    if (into !== bin) {
      bin = into;
      count = 0;
      steps.push(0);
      mean.push(0);
      low.push(Infinity);
      high.push(-Infinity);
    }
    const point = steps.length - 1;
    count++;
    steps[point] += (step - steps[point]) / count;
    mean[point] += (value - mean[point]) / count;
    low[point] = Math.min(low[point], value);
    high[point] = Math.max(high[point], value);
  }
  return { steps, mean, low, high };
}
