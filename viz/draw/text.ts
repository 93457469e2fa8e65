/** Text as pen strokes: Dr A. V. Hershey's Roman Simplex, in the npm package `hershey`. */
import { stringToPaths } from "hershey";
import type { Image, Rgb } from "./image.ts";
import { type Point, strokePaths } from "./raster.ts";

/** Which point of a line of text its x coordinate means. */
export type Anchor = "start" | "middle" | "end";

/** Height of capitals as a share of the font size, and in font units; y of the baseline in font units. */
const CAPITAL = 0.68, CAPITAL_UNITS = 21, BASELINE_UNITS = -9;
/** Pen width as a share of the font size, for regular and for bold text. */
const PEN = 0.085, BOLD_PEN = 0.13;

/** How {@link drawText} writes. */
export interface TextStyle {
  /** Font size in pixels; capitals are 0.68 of it. */
  readonly size: number;
  readonly color: Rgb;
  readonly anchor?: Anchor;
  readonly bold?: boolean;
  /** Turns the text left by a quarter about its anchor. */
  readonly upwards?: boolean;
}

/** Width of a line of text in pixels. */
export function textWidth(text: string, size: number): number {
  const { minX, maxX } = stringToPaths(text).bounds;
  return (maxX - minX) * size * CAPITAL / CAPITAL_UNITS;
}

/** Writes a line of text with its baseline at `y`; characters outside ASCII become spaces. */
export function drawText(image: Image, text: string, x: number, y: number, style: TextStyle): void {
  const { size, color, anchor = "start", bold = false, upwards = false } = style;
  const { bounds, paths } = stringToPaths(text);
  const scale = size * CAPITAL / CAPITAL_UNITS;
  const origin = anchor === "start" ? bounds.minX : anchor === "end" ? bounds.maxX : 0;
  const strokes = paths.map((path) =>
    path.map(([px, py]): Point => {
      const along = (px - origin) * scale, above = (py - BASELINE_UNITS) * scale;
      return upwards ? [x - above, y - along] : [x + along, y - above];
    })
  );
  strokePaths(image, strokes, Math.max(1, size * (bold ? BOLD_PEN : PEN)), color);
}
