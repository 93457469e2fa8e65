/** Losses that jump. */
import type { StatisticsRow } from "../run/statistics.ts";

/** Rows that a loss is compared with. */
const WINDOW = 50;
/** Fewer rows than this say nothing about what is usual. */
const FEWEST = 20;
/** A spike is this many median absolute deviations above the median. */
const DEVIATIONS = 10;
/** Least deviation as a share of the median: a loss that hardly moves is not watched more closely than this. */
const LEAST_DEVIATION = 0.05;

/** Watches the losses of a run and tells which are far above what they were of late. */
export class LossSpikes {
  readonly #recent = new Map<string, number[]>();

  /** @param rows what the run has seen so far. */
  constructor(rows: readonly Pick<StatisticsRow, "losses">[] = []) {
    for (const { losses } of rows) this.watch(losses);
  }

  /** Names of the losses that spike; all of them count as seen from now on. */
  watch(losses: Readonly<Record<string, number>>): string[] {
    return Object.entries(losses).filter(([name, value]) => {
      const recent = this.#recent.get(name) ?? [];
      const spikes = recent.length >= FEWEST && value > limitOf(recent);
      this.#recent.set(name, [...recent, value].slice(-WINDOW));
      return spikes;
    }).map(([name]) => name);
  }
}

function limitOf(values: readonly number[]): number {
  const middle = median(values), deviation = median(values.map((value) => Math.abs(value - middle)));
  return middle + DEVIATIONS * Math.max(deviation, LEAST_DEVIATION * Math.abs(middle));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
