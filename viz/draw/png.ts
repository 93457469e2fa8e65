import { encode } from "fast-png";
import { applyPalette } from "gifenc";
import type { Image } from "./image.ts";
import { commonColors, onWhite } from "./quantize.ts";

/** The bytes of a PNG file (8-bit RGBA) that shows `image`. */
export function encodePng(image: Image): Uint8Array {
  return encode({ width: image.width, height: image.height, data: image.data, channels: 4, depth: 8 });
}

/**
 * The bytes of a PNG file with a table of the 256 colours that suit `image` best, about a third as long as that of
 * {@link encodePng}. Transparent pixels become white.
 */
export function encodeIndexedPng(image: Image): Uint8Array {
  const pixels = onWhite(image), palette = commonColors([pixels], 256);
  const data = applyPalette(pixels, palette);
  return encode({ width: image.width, height: image.height, data, channels: 1, depth: 8, palette });
}
