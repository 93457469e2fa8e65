/** Points on maps, side by side, each shaded by a third number: the paper's picture of the latent space. */
import { UserError } from "../../base/errors.ts";
import { formatTick, makeAxis } from "./axis.ts";
import type { Figure, Shape } from "./figure.ts";
import type { Rgb } from "./image.ts";
import { GRID_LINE, INK, label, line, MIDDLE_TO_BASELINE, PALE_INK, TEXT_SIZE } from "./marks.ts";

/** Points of one map. */
export interface ScatterMap {
  /** Written above the map. */
  readonly title: string;
  /** Written below the title, e.g. a correlation; none if left out. */
  readonly subtitle?: string;
  /** Position to the right of each point. */
  readonly xs: ArrayLike<number>;
  /** Position upwards of each point. */
  readonly ys: ArrayLike<number>;
  /** What shades each point, from the least to the greatest of the map. */
  readonly shades: ArrayLike<number>;
}

/** How {@link scatterMaps} draws. */
export interface ScatterOptions {
  /** Names of the axes and of what shades the points. */
  readonly labels?: { readonly x: string; readonly y: string; readonly shade: string };
  /** Side of a map; 340 if left out. */
  readonly size?: number;
}

const MARGIN = { left: 62, right: 20, top: 52, bottom: 86 };
/** Radius of a point, and of the ring around it that keeps touching points apart. */
const RADIUS = 3.6, RING = 4.4;
/** Lightness runs from dark to light and hue from blue to yellow, as in cividis, so that it reads in any eye and in grey. */
const RAMP: readonly Rgb[] = [[0, 32, 77], [62, 74, 106], [124, 123, 120], [188, 175, 111], [255, 234, 70]];
/** Pieces that the scale of shades is drawn in. */
const SCALE_STEPS = 64;

/** The colour of a share, 0 to 1, of the ramp. */
export function rampColor(share: number): Rgb {
  const at = Math.max(0, Math.min(1, share)) * (RAMP.length - 1);
  const below = Math.min(RAMP.length - 2, Math.floor(at)), part = at - below;
  return [0, 1, 2].map((c) => Math.round(RAMP[below][c] * (1 - part) + RAMP[below + 1][c] * part)) as unknown as Rgb;
}

/**
 * The figure of one or more maps from left to right. Write it with `figureToSvg` or `figureToImage`.
 *
 * @throws {UserError} if there is no point, a number is not finite, or the lists of a map differ in length.
 */
export function scatterMaps(maps: readonly ScatterMap[], options: ScatterOptions = {}): Figure {
  const { size = 340, labels = { x: "component 1", y: "component 2", shade: "shade" } } = options;
  if (maps.length === 0) throw new UserError("a figure of no maps: at least one is needed");
  const pitch = MARGIN.left + size + MARGIN.right;
  const shapes = maps.flatMap((map, index) => drawMap(map, index * pitch + MARGIN.left, size, labels));
  return { width: maps.length * pitch, height: MARGIN.top + size + MARGIN.bottom, shapes };
}

function drawMap(
  map: ScatterMap,
  left: number,
  size: number,
  labels: NonNullable<ScatterOptions["labels"]>,
): Shape[] {
  const [xs, ys, shades] = [map.xs, map.ys, map.shades].map((values) => Array.from(values));
  if (xs.length === 0 || xs.length !== ys.length || xs.length !== shades.length) {
    throw new UserError(
      `map "${map.title}": ${xs.length}, ${ys.length} and ${shades.length} numbers; expected as many`,
    );
  }
  const odd = [...xs, ...ys, ...shades].find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new UserError(`map "${map.title}": ${odd} cannot be placed on a map`);
  const right = left + size, top = MARGIN.top, bottom = top + size, middle = (left + right) / 2;
  const x = makeAxis("linear", rangeOf(xs), [left, right], 5, true);
  const y = makeAxis("linear", rangeOf(ys), [bottom, top], 5, true);
  const shapes: Shape[] = [label(map.title, middle, 20, "middle", INK, true)];
  if (map.subtitle) shapes.push(label(map.subtitle, middle, 40, "middle", PALE_INK));
  for (const tick of x.ticks) {
    shapes.push(line([[x.at(tick), top], [x.at(tick), bottom]], GRID_LINE, 1));
    shapes.push(label(formatTick(tick), x.at(tick), bottom + 16, "middle", PALE_INK));
  }
  for (const tick of y.ticks) {
    shapes.push(line([[left, y.at(tick)], [right, y.at(tick)]], GRID_LINE, 1));
    shapes.push(label(formatTick(tick), left - 7, y.at(tick) + MIDDLE_TO_BASELINE * TEXT_SIZE, "end", PALE_INK));
  }
  shapes.push(line([[left, top], [left, bottom], [right, bottom]], PALE_INK, 1));
  const [least, most] = rangeOf(shades);
  xs.forEach((value, i) => {
    const at = { x: x.at(value), y: y.at(ys[i]) };
    const color = rampColor(most > least ? (shades[i] - least) / (most - least) : 0.5);
    shapes.push({ kind: "disc", ...at, radius: RING, color: [70, 70, 76] });
    shapes.push({ kind: "disc", ...at, radius: RADIUS, color });
  });
  shapes.push(label(`${labels.x} (right), ${labels.y} (up)`, middle, bottom + 34, "middle", PALE_INK));
  return [...shapes, ...shadeScale(left, right, bottom + 48, labels.shade, [least, most])];
}

/** The ramp with its ends in numbers. */
function shadeScale(
  left: number,
  right: number,
  top: number,
  name: string,
  [least, most]: readonly [number, number],
): Shape[] {
  const width = right - left - 130, start = left + 65;
  const shapes: Shape[] = Array.from({ length: SCALE_STEPS }, (_, step) => ({
    kind: "rectangle",
    x: start + step * width / SCALE_STEPS,
    y: top,
    width: width / SCALE_STEPS + 0.5,
    height: 10,
    color: rampColor(step / (SCALE_STEPS - 1)),
  }));
  const baseline = top + 5 + MIDDLE_TO_BASELINE * TEXT_SIZE;
  shapes.push(label(formatTick(Number(least.toPrecision(2))), start - 7, baseline, "end", PALE_INK));
  shapes.push(label(formatTick(Number(most.toPrecision(2))), start + width + 7, baseline, "start", PALE_INK));
  shapes.push(label(name, (left + right) / 2, top + 14 + TEXT_SIZE, "middle", PALE_INK));
  return shapes;
}

function rangeOf(values: readonly number[]): [number, number] {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}
