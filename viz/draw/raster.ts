/** Anti-aliased drawing on pictures; coordinates in pixels, (0, 0) is the top left corner of the picture. */
import { blendPixel, type Image, type Rgb } from "./image.ts";

/** A point of a picture. */
export type Point = readonly [x: number, y: number];

/** Fills the rectangle; pixels that it covers in part are mixed. */
export function fillRectangle(
  image: Image,
  left: number,
  top: number,
  width: number,
  height: number,
  color: Rgb,
  opacity = 1,
): void {
  const right = left + width, bottom = top + height;
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(image.height, bottom); y++) {
    const rows = Math.min(y + 1, bottom) - Math.max(y, top);
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(image.width, right); x++) {
      const columns = Math.min(x + 1, right) - Math.max(x, left);
      blendPixel(image.data, (y * image.width + x) * 4, color, opacity * rows * columns);
    }
  }
}

/** Draws lines through each list of points with round ends and joints; where strokes overlap they do not add up. */
export function strokePaths(
  image: Image,
  paths: readonly (readonly Point[])[],
  lineWidth: number,
  color: Rgb,
  opacity = 1,
): void {
  const reach = lineWidth / 2 + 0.5;
  const xs = paths.flatMap((path) => path.map(([x]) => x)), ys = paths.flatMap((path) => path.map(([, y]) => y));
  if (xs.length === 0) return;
  const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
  const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b));
  const left = Math.max(0, Math.floor(least(xs) - reach)), right = Math.min(image.width, Math.ceil(most(xs) + reach));
  const top = Math.max(0, Math.floor(least(ys) - reach)), bottom = Math.min(image.height, Math.ceil(most(ys) + reach));
  if (right <= left || bottom <= top) return;
  const coverage = new Float32Array((right - left) * (bottom - top));
  for (const path of paths) {
    for (let i = 0; i < path.length; i++) {
      coverSegment(
        coverage,
        left,
        top,
        right,
        bottom,
        path[Math.max(0, i - 1)],
        path[i],
        reach,
        Math.min(1, lineWidth),
      );
    }
  }
  for (let y = top, i = 0; y < bottom; y++) {
    for (let x = left; x < right; x++, i++) {
      if (coverage[i] > 0) blendPixel(image.data, (y * image.width + x) * 4, color, opacity * coverage[i]);
    }
  }
}

/** Raises the coverage of the pixels near the segment from `a` to `b`; lines thinner than a pixel are paler instead. */
function coverSegment(
  coverage: Float32Array,
  left: number,
  top: number,
  right: number,
  bottom: number,
  a: Point,
  b: Point,
  reach: number,
  strongest: number,
): void {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const squared = dx * dx + dy * dy;
  const firstRow = Math.max(top, Math.floor(Math.min(a[1], b[1]) - reach));
  const lastRow = Math.min(bottom - 1, Math.ceil(Math.max(a[1], b[1]) + reach));
  const firstColumn = Math.max(left, Math.floor(Math.min(a[0], b[0]) - reach));
  const lastColumn = Math.min(right - 1, Math.ceil(Math.max(a[0], b[0]) + reach));
  for (let y = firstRow; y <= lastRow; y++) {
    for (let x = firstColumn; x <= lastColumn; x++) {
      const px = x + 0.5 - a[0], py = y + 0.5 - a[1];
      const along = squared === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / squared));
      const cover = Math.min(strongest, reach - Math.hypot(px - along * dx, py - along * dy));
      const i = (y - top) * (right - left) + x - left;
      if (cover > coverage[i]) coverage[i] = cover;
    }
  }
}

/** Fills between two lines over the same increasing x: `low` and `high` give y (in either order) at each x. */
export function fillBand(
  image: Image,
  xs: readonly number[],
  low: readonly number[],
  high: readonly number[],
  color: Rgb,
  opacity: number,
): void {
  let after = 1;
  const first = Math.max(0, Math.ceil(xs[0] - 0.5)), last = Math.min(image.width - 1, Math.floor(xs.at(-1)! - 0.5));
  for (let column = first; column <= last && xs.length > 1; column++) {
    const x = column + 0.5;
    while (after < xs.length - 1 && xs[after] < x) after++;
    const share = (x - xs[after - 1]) / (xs[after] - xs[after - 1]);
    const y0 = low[after - 1] + share * (low[after] - low[after - 1]);
    const y1 = high[after - 1] + share * (high[after] - high[after - 1]);
    fillRectangle(image, column, Math.min(y0, y1), 1, Math.abs(y1 - y0), color, opacity);
  }
}
