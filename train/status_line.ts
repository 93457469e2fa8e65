import { seconds } from "../base/progress.ts";
import { memorySize } from "../base/text.ts";
import type { StatisticsRow } from "../run/statistics.ts";

/** Width that a loss takes, so that lines stay aligned. */
const LOSS_WIDTH = 9;

/** Losses of a status line under the letters of the paper: reconstruction, and what each network tries to lower. */
const LOSS_LABELS: Readonly<Record<string, string>> = {
  prior_loss: "flow",
  recons_loss: "rec",
  kl_loss: "KL",
  code_encode_loss: "E",
  gen_loss: "G",
  discrim_loss: "D",
  code_discrim_loss: "C",
  recons_loss_refine: "rec",
  gen_loss_refine: "G",
  discrim_loss_refine: "D",
};

/** A tick with the losses that a status line has room for, under the letters of the paper. */
export function lettered(row: StatisticsRow): StatisticsRow {
  const shown = Object.entries(LOSS_LABELS).filter(([name]) => name in row.losses);
  return { ...row, losses: Object.fromEntries(shown.map(([name, letter]) => [letter, row.losses[name]])) };
}

/**
 * One line about a tick, e.g. `base   120/2000  rec 1834  D 2.071  3.21 it/s  9m 45s left  peak 1.2 GiB`. Lines of
 * one phase are aligned.
 *
 * @param row the tick; its losses are shown under their names, in their order.
 * @param iterations length of the row's phase.
 */
export function statusLine(row: StatisticsRow, iterations: number): string {
  const left = (iterations - row.iteration) / row.iterationsPerSecond;
  return [
    `${row.phase.padEnd(6)} ${String(row.iteration).padStart(String(iterations).length)}/${iterations}`,
    ...Object.entries(row.losses).map(([name, value]) => `${name} ${lossText(value).padStart(LOSS_WIDTH)}`),
    `${speedText(row.iterationsPerSecond).padStart(6)} it/s`,
    `${Number.isFinite(left) ? roughly(left) : "?"} left`.padStart(12),
    `peak ${memorySize(row.peakBytes)}`,
    ...rankTexts(row.ranks),
    ...loadingTexts(row.loading),
    ...row.spikes ? [`spike of ${row.spikes.join(", ")}`] : [],
  ].join("  ");
}

/** Of all ranks together; nothing for a process by itself. */
function rankTexts(ranks: StatisticsRow["ranks"]): string[] {
  if (!ranks) return [];
  const { count, scenesPerSecond, waitedShare } = ranks;
  const exchange = waitedShare === undefined ? "" : `, exchange ${Math.round(100 * waitedShare)} %`;
  return [`${count} ranks, ${speedText(scenesPerSecond)} scenes/s${exchange}`];
}

/** Nothing where all scenes are in memory; waiting only where there is some to speak of. */
function loadingTexts(loading: StatisticsRow["loading"]): string[] {
  if (!loading || !(loading.scenesPerSecond > 0)) return [];
  const waited = Math.round(100 * loading.waitedShare);
  return [`${speedText(loading.scenesPerSecond)} scenes/s`, ...waited >= 1 ? [`waits ${waited} %`] : []];
}

/** Four significant digits where they fit: `0.01234`, `2.071`, `1834`, `1.2e+8`. */
function lossText(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(1);
  return size >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}

function speedText(iterationsPerSecond: number): string {
  if (iterationsPerSecond >= 100) return iterationsPerSecond.toFixed(0);
  return iterationsPerSecond >= 1 ? iterationsPerSecond.toPrecision(3) : iterationsPerSecond.toFixed(4);
}

/** The two largest units of a time: `1d 21h`, `9m 45s`. */
function roughly(time: number): string {
  return seconds(time).split(" ").slice(0, 2).join(" ");
}
