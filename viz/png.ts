import { encode } from "fast-png";
import type { Image } from "./image.ts";

/** The bytes of a PNG file (8-bit RGBA) that shows `image`. */
export function encodePng(image: Image): Uint8Array {
  return encode({ width: image.width, height: image.height, data: image.data, channels: 4, depth: 8 });
}
