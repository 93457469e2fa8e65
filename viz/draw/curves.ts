/** Learning curves: losses over iterations, a panel per group of losses. */
import { UserError } from "../../base/errors.ts";
import type { StatisticsRow } from "../../run/statistics.ts";
import { type AxisScale, formatTick, makeAxis } from "./axis.ts";
import type { Figure, Shape } from "./figure.ts";
import type { Rgb } from "./image.ts";
import { GRID_LINE, INK, label, line, MIDDLE_TO_BASELINE, PALE_INK, TEXT_SIZE } from "./marks.ts";
import { textWidth } from "./text.ts";

/** What curves are drawn from; losses that are no numbers are left out. */
export type LossRow = Pick<StatisticsRow, "phase" | "step" | "losses">;

/** How {@link learningCurves} draws. */
export interface CurveOptions {
  /**
   * Spacing of the loss axis. A panel with losses that are not positive is linear all the same; "auto" (if left out) is
   * logarithmic for losses that span a decade.
   */
  readonly scale?: AxisScale | "auto";
  /** Width of the figure; 760 if left out. */
  readonly width?: number;
  /** Height of one panel's axes; 170 if left out. */
  readonly panelHeight?: number;
  /** Weight of what was before in the lines, 0 (if left out) up to 1: see {@link smoothed}. */
  readonly smoothing?: number;
}

/** Losses of a run. */
export interface RunLosses {
  readonly title: string;
  readonly rows: readonly LossRow[];
}

/** A panel as it lies in the figure, for a page to tell values at the pointer. */
export interface CurvePanel {
  /** Where the axes are, in pixels. */
  readonly box: PanelBox;
  /** Steps at the left and at the right end. */
  readonly steps: readonly [first: number, last: number];
  /** The lines. */
  readonly series: readonly Pick<Series, "name" | "color" | "summary">[];
}

/** Panels and the losses they hold: the first whose pattern fits. */
const GROUPS: readonly (readonly [title: string, names: RegExp])[] = [
  ["costs", /^cost/],
  ["code", /code|kl|encode/i],
  ["reconstruction", /rec/i],
  ["adversarial", /gen|disc/i],
  ["other losses", /^/],
];
/** Panels from top to bottom. */
const ORDER = ["reconstruction", "adversarial", "code", "other losses", "costs"];
const COLORS: readonly Rgb[] = [
  [31, 119, 180],
  [255, 127, 14],
  [44, 160, 44],
  [214, 39, 40],
  [148, 103, 189],
  [140, 86, 75],
  [227, 119, 194],
  [127, 127, 127],
];
const MARGIN = { left: 62, right: 18, top: 30, bottom: 28 };

/** A loss over at most a few hundred points, each for a range of steps; lists of equal length. */
export interface Summary {
  /** Middle of the steps of each point, increasing. */
  readonly steps: readonly number[];
  readonly mean: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** A line of a panel. */
interface Series {
  readonly name: string;
  readonly color: Rgb;
  readonly summary: Summary;
}

/**
 * The figure of the losses in `rows`: mean per pixel column as a line, least to greatest as a pale band, a thin
 * upright where a phase begins. Write it with `figureToSvg` or `figureToImage`.
 *
 * @throws {UserError} if no row has a finite loss.
 */
export function learningCurves(rows: readonly LossRow[], options: CurveOptions = {}): Figure {
  return curvesOfRuns([{ title: "", rows }], options).figure;
}

/**
 * The figure of one run as {@link learningCurves}, of several with a panel for each loss and a line for each run; and
 * where the panels lie in it.
 *
 * @throws {UserError} if no row has a finite loss.
 */
export function curvesOfRuns(
  runs: readonly RunLosses[],
  options: CurveOptions = {},
): { figure: Figure; panels: CurvePanel[] } {
  const { width = 760, panelHeight = 170, scale = "auto", smoothing = 0 } = options;
  const all = runs.flatMap(({ rows }) => rows);
  const names = [
    ...new Set(all.flatMap(({ losses }) => Object.keys(losses).filter((name) => isFinite(losses[name])))),
  ].toSorted((one, other) => ORDER.indexOf(groupOf(one)) - ORDER.indexOf(groupOf(other)));
  if (names.length === 0) throw new UserError("no losses to draw: the run has not finished its first tick yet");
  const ends = all.map(({ step }) => step), steps = [min(ends), max(ends)] as const;
  const columns = Math.round((width - MARGIN.left - MARGIN.right) / 2),
    pitch = MARGIN.top + panelHeight + MARGIN.bottom;
  const summaryOf = (rows: readonly LossRow[], name: string): Summary => ({
    ...summarise(rows, name, steps, columns),
    mean: summarise(smoothed(rows, name, smoothing), name, steps, columns).mean,
  });
  const lines = runs.length === 1
    ? [...Map.groupBy(names, groupOf)].map(([title, names]) => ({
      title,
      lines: names.map((name) => ({ name, summary: summaryOf(runs[0].rows, name) })),
    }))
    : names.map((name) => ({
      title: name,
      lines: runs.map(({ title, rows }) => ({ name: title, summary: summaryOf(rows, name) })),
    }));
  const panels = lines.map(({ title, lines }, index) => {
    const series = lines.map((each, i): Series => ({ ...each, color: COLORS[i % COLORS.length] }))
      .filter(({ summary }) => summary.steps.length > 0);
    const top = index * pitch + MARGIN.top;
    const box = { left: MARGIN.left, right: width - MARGIN.right, top, bottom: top + panelHeight };
    return { title, box, steps, series };
  });
  const starts = runs.length === 1 ? phaseStarts(all) : [];
  const shapes = panels.flatMap(({ title, series, box }) => drawPanel(title, series, box, steps, starts, scale));
  const height = panels.length * pitch + 14;
  const middle = (MARGIN.left + width - MARGIN.right) / 2;
  shapes.push(label("iteration", middle, height - 10, "middle", PALE_INK));
  return { figure: { width, height, shapes }, panels };
}

/**
 * Rows with a loss smoothed: an average of it and all before, each weighing `weight` times the one after it. What is
 * no number stays out.
 */
export function smoothed(rows: readonly LossRow[], name: string, weight: number): readonly LossRow[] {
  if (weight === 0) return rows;
  let sum = 0, weights = 0;
  return rows.map((row) => {
    const value = row.losses[name];
    if (value === undefined || !isFinite(value)) return row;
    sum = weight * sum + value;
    weights = weight * weights + 1;
    return { ...row, losses: { ...row.losses, [name]: sum / weights } };
  });
}

/** Of any number of values: arguments of a function may be too many. */
function min(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function max(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
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
  for (const { step, losses: { [name]: value } } of rows) {
    if (value === undefined || !isFinite(value)) continue;
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

function groupOf(name: string): string {
  return GROUPS.find(([, pattern]) => pattern.test(name))![0];
}

/** Steps at which a phase other than the first begins. */
function phaseStarts(rows: readonly LossRow[]): { step: number; phase: string }[] {
  return rows.flatMap(({ phase, step }, i) => i > 0 && rows[i - 1].phase !== phase ? [{ step, phase }] : []);
}

/** Where the axes of a panel are. */
interface PanelBox {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function drawPanel(
  title: string,
  series: readonly Series[],
  box: PanelBox,
  steps: readonly [number, number],
  starts: readonly { step: number; phase: string }[],
  scale: AxisScale | "auto",
): Shape[] {
  const low = Math.min(...series.flatMap(({ summary }) => summary.low));
  const high = Math.max(...series.flatMap(({ summary }) => summary.high));
  const logarithmic = low > 0 && (scale === "log" || (scale === "auto" && high / low >= 10));
  const y = makeAxis(logarithmic ? "log" : "linear", [low, high], [box.bottom, box.top], 5, true);
  const x = makeAxis("linear", steps, [box.left, box.right], 8, false);
  const shapes: Shape[] = [label(title, box.left, box.top - 12, "start", INK, true)];
  for (const tick of y.ticks) {
    shapes.push(line([[box.left, y.at(tick)], [box.right, y.at(tick)]], GRID_LINE, 1));
    shapes.push(label(formatTick(tick), box.left - 7, y.at(tick) + TEXT_SIZE * MIDDLE_TO_BASELINE, "end", PALE_INK));
  }
  for (const { step, phase } of starts) {
    shapes.push(line([[x.at(step), box.top], [x.at(step), box.bottom]], [170, 170, 178], 1));
    shapes.push(label(phase, x.at(step) + 4, box.top + TEXT_SIZE, "start", PALE_INK));
  }
  for (const { summary, color } of series) {
    const xs = summary.steps.map(x.at), at = (values: readonly number[]) => values.map(y.at);
    shapes.push({ kind: "band", xs, low: at(summary.low), high: at(summary.high), color, opacity: 0.18 });
    shapes.push(line(xs.map((position, i) => [position, y.at(summary.mean[i])]), color, 1.6));
  }
  shapes.push(line([[box.left, box.top], [box.left, box.bottom], [box.right, box.bottom]], PALE_INK, 1));
  for (const tick of x.ticks) {
    shapes.push(line([[x.at(tick), box.bottom], [x.at(tick), box.bottom + 4]], PALE_INK, 1));
    shapes.push(label(formatTick(tick), x.at(tick), box.bottom + 17, "middle", PALE_INK));
  }
  return [...shapes, ...legend(series, box)];
}

/** Names of the losses with their colours, right aligned above the panel. */
function legend(series: readonly Series[], box: PanelBox): Shape[] {
  const shapes: Shape[] = [];
  let right = box.right;
  for (const { name, color } of series.toReversed()) {
    shapes.push(label(name, right, box.top - 12, "end", INK));
    right -= textWidth(name, TEXT_SIZE) + 7;
    shapes.push(line([[right - 14, box.top - 16], [right, box.top - 16]], color, 2.4));
    right -= 14 + 16;
  }
  return shapes;
}
