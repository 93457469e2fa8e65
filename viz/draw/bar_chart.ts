/** Grouped bars: one group per category, one bar per series, as in the charts of the paper. */
import { UserError } from "../../base/errors.ts";
import { type Axis, formatTick, makeAxis } from "./axis.ts";
import type { Figure, Shape } from "./figure.ts";
import type { Rgb } from "./image.ts";
import { GRID_LINE, INK, label, line, MIDDLE_TO_BASELINE, PALE_INK, TEXT_SIZE } from "./marks.ts";
import { textWidth } from "./text.ts";

/** One bar in each group. */
export interface BarSeries {
  /** Entry in the legend. */
  readonly name: string;
  /** Length of the bar in each category; NaN leaves the bar out. */
  readonly values: ArrayLike<number>;
  /** Error bar in each category, least to greatest; NaN or a missing entry leaves it out. */
  readonly intervals?: readonly (readonly [low: number, high: number] | null)[];
  /** Value to compare with in each category, a hollow marker over the bar; NaN leaves it out. */
  readonly references?: ArrayLike<number>;
  /** Colour of the bars; the next of {@link SERIES_COLORS} if left out. */
  readonly color?: Rgb;
}

/** How {@link barChart} draws. */
export interface BarChartOptions {
  /** Heading; none if left out. */
  readonly title?: string;
  /** Width of the figure; wide enough for the bars, at least 640, if left out. */
  readonly width?: number;
  /** Height of the axes; 240 if left out. */
  readonly plotHeight?: number;
  /** Ends of the value axis; zero and the extremes if left out. Bars begin at zero, or at the end nearest to it. */
  readonly range?: readonly [low: number, high: number];
  /** Entry of the hollow markers in the legend; "reference" if left out. */
  readonly referenceName?: string;
  /** Text of a value over its bar; false writes none. With three digits, without leading zero, if left out. */
  readonly formatValue?: ((value: number) => string) | false;
}

/**
 * Colours that stay apart for people with a colour vision deficiency (M. Okabe and K. Ito, "Color Universal Design",
 * 2008), ordered so that neighbours differ in lightness too.
 */
export const SERIES_COLORS: readonly Rgb[] = [
  [86, 180, 233],
  [0, 114, 178],
  [240, 190, 40],
  [213, 94, 0],
  [0, 158, 115],
  [204, 121, 167],
  [120, 120, 126],
];

const MARGIN = { left: 54, right: 18, bottom: 12 };
const LEGEND_LINE = 20, VALUE_SIZE = 9;
/** Narrowest bar whose value can be written upwards over it. */
const BAR_WIDTH = 11;
/** Widest bar; few bars stand in the middle of their group. */
const WIDEST_BAR = 56;

interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * The figure of `series` over `categories`. Write it with `figureToSvg` or `figureToImage`.
 *
 * @throws {UserError} if there is nothing to draw, or a series has another number of values than there are categories.
 */
export function barChart(
  categories: readonly string[],
  series: readonly BarSeries[],
  options: BarChartOptions = {},
): Figure {
  check(categories, series);
  const { title, plotHeight = 240, referenceName = "reference", formatValue = shortValue } = options;
  const natural = MARGIN.left + MARGIN.right + categories.length * (series.length * BAR_WIDTH + 16);
  const width = options.width ?? Math.max(640, natural);
  const area = { left: MARGIN.left, right: width - MARGIN.right };
  const entries = series.map(({ name, color }, i) => ({ name, color: color ?? colorOf(i) as Rgb | null }));
  if (series.some(({ references }) => references && Array.from(references).some(Number.isFinite))) {
    entries.push({ name: referenceName, color: null });
  }
  const shapes: Shape[] = title ? [label(title, area.left, 20, "start", INK, true)] : [];
  const legend = drawLegend(entries, area, title ? 42 : 20);
  shapes.push(...legend.shapes);
  const top = legend.bottom + (formatValue ? 28 : 12);
  const plot = { ...area, top, bottom: top + plotHeight };
  const y = makeAxis("linear", options.range ?? extremes(series), [plot.bottom, plot.top], 6, !options.range);
  shapes.push(...drawValueAxis(y, plot));
  const pitch = (plot.right - plot.left) / categories.length;
  const bar = Math.min(WIDEST_BAR, (pitch - Math.min(16, pitch * 0.2)) / series.length);
  const namesUpwards = categories.some((name) => textWidth(name, TEXT_SIZE) > pitch - 4);
  categories.forEach((name, category) => {
    const middle = plot.left + (category + 0.5) * pitch, left = middle - bar * series.length / 2;
    series.forEach((each, i) => {
      const slot = { left: left + i * bar, width: bar };
      shapes.push(...drawBar(each, each.color ?? colorOf(i), category, slot, y, plot, formatValue));
    });
    const text = label(name, middle, plot.bottom + 18, "middle", INK);
    const beside = { x: middle + TEXT_SIZE * MIDDLE_TO_BASELINE, y: plot.bottom + 7, anchor: "end", upwards: true };
    shapes.push(namesUpwards ? { ...text, ...beside } as Shape : text);
  });
  const zero = baseline(y, plot);
  shapes.push(line([[plot.left, plot.top], [plot.left, plot.bottom]], PALE_INK, 1));
  shapes.push(line([[plot.left, zero], [plot.right, zero]], PALE_INK, 1));
  const names = namesUpwards ? Math.max(...categories.map((name) => textWidth(name, TEXT_SIZE))) + 8 : 24;
  return { width, height: Math.ceil(plot.bottom + names + MARGIN.bottom), shapes };
}

function check(categories: readonly string[], series: readonly BarSeries[]): void {
  if (categories.length === 0 || series.length === 0) throw new UserError("no bars to draw: no category or no series");
  for (const { name, values, intervals, references } of series) {
    for (const [what, list] of Object.entries({ values, intervals, references })) {
      if (list && list.length !== categories.length) {
        throw new UserError(`"${name}" has ${list.length} ${what} for ${categories.length} categories`);
      }
    }
  }
}

/** Zero and everything that is drawn. */
function extremes(series: readonly BarSeries[]): [number, number] {
  const all = series.flatMap(({ values, intervals = [], references = [] }) => [
    ...Array.from(values),
    ...intervals.flatMap((interval) => interval ?? []),
    ...Array.from(references),
  ]).filter(Number.isFinite);
  const [low, high] = all.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [0, 0]);
  return low === high ? [0, 1] : [low, high];
}

function drawValueAxis(y: Axis, plot: Plot): Shape[] {
  return y.ticks.flatMap((tick) => [
    line([[plot.left, y.at(tick)], [plot.right, y.at(tick)]], GRID_LINE, 1),
    label(formatTick(tick), plot.left - 7, y.at(tick) + TEXT_SIZE * MIDDLE_TO_BASELINE, "end", PALE_INK),
  ]);
}

function baseline(y: Axis, plot: Plot): number {
  return Math.min(plot.bottom, Math.max(plot.top, y.at(0)));
}

/** A bar, its error bar, its reference and its value. */
function drawBar(
  { values, intervals, references }: BarSeries,
  color: Rgb,
  category: number,
  slot: { readonly left: number; readonly width: number },
  y: Axis,
  plot: Plot,
  formatValue: ((value: number) => string) | false,
): Shape[] {
  const shapes: Shape[] = [];
  const at = (value: number) => Math.min(plot.bottom, Math.max(plot.top, y.at(value)));
  const middle = slot.left + slot.width / 2, value = values[category];
  let highest = baseline(y, plot);
  if (Number.isFinite(value)) {
    const [top, bottom] = [at(value), highest].sort((a, b) => a - b);
    const width = Math.max(1, slot.width - 1);
    shapes.push({ kind: "rectangle", x: slot.left + 0.5, y: top, width, height: bottom - top, color });
    highest = top;
  }
  const interval = intervals?.[category];
  if (interval?.every(Number.isFinite)) {
    const [low, high] = interval.map(at), reach = Math.min(4, slot.width / 4);
    shapes.push(line([[middle, low], [middle, high]], INK, 1.2));
    for (const end of [low, high]) shapes.push(line([[middle - reach, end], [middle + reach, end]], INK, 1.2));
    highest = Math.min(highest, high);
  }
  const reference = references?.[category] ?? NaN;
  if (Number.isFinite(reference)) {
    shapes.push(...diamond(middle, at(reference), Math.min(4, Math.max(2, slot.width / 3))));
    highest = Math.min(highest, at(reference) - 4);
  }
  if (formatValue && Number.isFinite(value)) shapes.push(valueText(formatValue(value), middle, highest, slot.width));
  return shapes;
}

/** The value over a bar: across if it fits, upwards otherwise. */
function valueText(text: string, middle: number, highest: number, width: number): Shape {
  const shape = { kind: "text", text, color: INK, size: VALUE_SIZE } as const;
  return textWidth(text, VALUE_SIZE) <= width - 2
    ? { ...shape, x: middle, y: highest - 4, anchor: "middle" }
    : { ...shape, x: middle + VALUE_SIZE * MIDDLE_TO_BASELINE, y: highest - 4, anchor: "start", upwards: true };
}

/** `.434` for 0.434, `12.5` for 12.5: as many digits as a narrow bar has room for. */
function shortValue(value: number): string {
  const size = Math.abs(value);
  if (size < 5e-4) return "0";
  return size < 1 ? value.toFixed(3).replace(/^(-?)0\./, "$1.") : formatTick(Number(value.toPrecision(3)));
}

/** A hollow marker, with a white edge so that it shows on any bar. */
function diamond(x: number, y: number, radius: number): Shape[] {
  const corners = [[x, y - radius], [x + radius, y], [x, y + radius], [x - radius, y], [x, y - radius]] as const;
  return [line(corners, [255, 255, 255], 3), line(corners, INK, 1.2)];
}

function colorOf(index: number): Rgb {
  return SERIES_COLORS[index % SERIES_COLORS.length];
}

/** Names with their colours (null: the hollow marker) from left to right, in as many lines as they need. */
function drawLegend(
  entries: readonly { name: string; color: Rgb | null }[],
  area: { left: number; right: number },
  firstBaseline: number,
): { shapes: Shape[]; bottom: number } {
  const shapes: Shape[] = [];
  let x = area.left, y = firstBaseline;
  for (const { name, color } of entries) {
    const extent = 18 + textWidth(name, TEXT_SIZE);
    if (x + extent > area.right && x > area.left) {
      x = area.left;
      y += LEGEND_LINE;
    }
    if (color) shapes.push({ kind: "rectangle", x, y: y - 9, width: 11, height: 11, color });
    else shapes.push(...diamond(x + 5.5, y - 3.5, 4));
    shapes.push(label(name, x + 17, y, "start", INK));
    x += extent + 20;
  }
  return { shapes, bottom: y };
}
