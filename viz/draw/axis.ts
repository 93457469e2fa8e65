// @ts-types="npm:@types/d3-scale@^4.0.8"
import { scaleLinear, scaleLog } from "d3-scale";

/** Spacing of an axis. */
export type AxisScale = "linear" | "log";

/** Maps values to positions and says where to put ticks. */
export interface Axis {
  /** Position of a value in pixels. */
  at(value: number): number;
  /** Round values on the axis, in increasing order. */
  readonly ticks: readonly number[];
}

/**
 * An axis for values from `low` to `high` that runs from position `start` to `end`, about `count` ticks.
 *
 * @param nice widens the axis to round values at both ends.
 */
export function makeAxis(
  scale: AxisScale,
  [low, high]: readonly [number, number],
  [start, end]: readonly [number, number],
  count: number,
  nice: boolean,
): Axis {
  const spread = high > low ? [low, high] : scale === "log" ? [low / 2, low * 2] : [low - 0.5, low + 0.5];
  const axis = (scale === "log" ? scaleLog() : scaleLinear()).domain(spread).range([start, end]);
  if (nice && scale === "linear") axis.nice(count);
  const ticks = axis.ticks(count);
  return { at: (value) => axis(value), ticks: scale === "log" ? roundest(ticks, count) : ticks };
}

/** Of the ticks 1, 2, … 9 × 10ⁿ the powers of ten; with 1, 2 and 5 where these are few; all where these are, too. */
function roundest(ticks: readonly number[], count: number): readonly number[] {
  for (const leading of [[1], [1, 2, 5]]) {
    const kept = ticks.filter((tick) => leading.includes(Number(tick.toExponential(0)[0])));
    if (kept.length >= Math.min(3, count)) return kept.filter((_, i) => i % Math.ceil(kept.length / (count + 2)) === 0);
  }
  return ticks;
}

/** A tick as short text: `0.25`, `1500`, `75k`, `2M`, `1e-6`. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-3)) return value.toExponential().replace("e+", "e");
  for (const [unit, letter] of [[1e6, "M"], [1e3, "k"]] as const) {
    if (size >= (unit === 1e3 ? 1e4 : unit)) return `${Number((value / unit).toPrecision(6))}${letter}`;
  }
  return String(Number(value.toPrecision(6)));
}
