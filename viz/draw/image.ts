/** Pictures in memory: 8-bit RGBA, straight alpha, rows from the top. */
import { UserError } from "../../base/errors.ts";

/** A colour as red, green, blue in 0–255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** White. */
export const WHITE: Rgb = [255, 255, 255];

/** A picture. */
export interface Image {
  /** Pixels from left to right. */
  readonly width: number;
  /** Pixels from top to bottom. */
  readonly height: number;
  /** Red, green, blue, alpha (not premultiplied) of each pixel, row by row: `height × width × 4` bytes. */
  readonly data: Uint8Array;
}

/** Longest side of a picture in pixels. */
const LARGEST_SIDE = 16_384;

/** A picture of one colour, or fully transparent. @throws {UserError} if a side is not a whole number in 1–16384. */
export function createImage(width: number, height: number, fill: Rgb | "transparent" = WHITE): Image {
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1 || side > LARGEST_SIDE) {
      throw new UserError(`a picture of ${width}x${height} pixels: each side must be 1 to ${LARGEST_SIDE}`);
    }
  }
  const data = new Uint8Array(width * height * 4);
  if (fill !== "transparent") {
    const [red, green, blue] = fill;
    new Uint32Array(data.buffer).fill((0xff000000 | (blue << 16) | (green << 8) | red) >>> 0);
  }
  return { width, height, data };
}

/** Mixes `color` into the pixel at `offset` (a byte index) with weight `alpha` in 0–1; the target is opaque. */
export function blendPixel(data: Uint8Array, offset: number, color: Rgb, alpha: number): void {
  for (let channel = 0; channel < 3; channel++) {
    data[offset + channel] += Math.round((color[channel] - data[offset + channel]) * alpha);
  }
  data[offset + 3] = 255;
}

/** Draws `source` over `target` with its top left corner at (`left`, `top`); what falls outside is dropped. */
export function drawImage(target: Image, source: Image, left: number, top: number): void {
  const firstRow = Math.max(0, -top), lastRow = Math.min(source.height, target.height - top);
  const firstColumn = Math.max(0, -left), lastColumn = Math.min(source.width, target.width - left);
  for (let row = firstRow; row < lastRow; row++) {
    for (let column = firstColumn; column < lastColumn; column++) {
      const from = (row * source.width + column) * 4;
      const alpha = source.data[from + 3];
      if (alpha === 0) continue;
      const color: Rgb = [source.data[from], source.data[from + 1], source.data[from + 2]];
      blendPixel(target.data, ((row + top) * target.width + column + left) * 4, color, alpha / 255);
    }
  }
}
