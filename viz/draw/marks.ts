/** Strokes, texts and colours that every chart has in common. */
import type { Shape } from "./figure.ts";
import type { Rgb } from "./image.ts";
import type { Point } from "./raster.ts";
import type { Anchor } from "./text.ts";

/** Colour of titles and names. */
export const INK: Rgb = [50, 50, 56];
/** Colour of axes and their numbers. */
export const PALE_INK: Rgb = [110, 110, 118];
/** Colour of the lines at an axis' ticks. */
export const GRID_LINE: Rgb = [232, 232, 236];
/** Font size of charts. */
export const TEXT_SIZE = 12;
/** From a line's middle to the baseline of text beside it, as a share of the font size. */
export const MIDDLE_TO_BASELINE = 0.34;

/** A stroke through points. */
export function line(points: readonly Point[], color: Rgb, width: number): Shape {
  return { kind: "line", points, color, width };
}

/** A line of text in {@link TEXT_SIZE}. */
export function label(text: string, x: number, y: number, anchor: Anchor, color: Rgb, bold = false): Shape {
  return { kind: "text", text, x, y, anchor, color, size: TEXT_SIZE, bold };
}
