/** Few colours for many pixels. */
import { quantize } from "gifenc";
import type { Image } from "./image.ts";

/** Pixels, of all frames together, from which the table of colours is chosen. */
const SAMPLED_PIXELS = 200_000;

/** A table of at most `count` colours, red, green, blue each, for opaque RGBA pixels of some frames. */
export function commonColors(frames: readonly Uint8Array[], count: number): number[][] {
  return quantize(samplePixels(frames), count);
}

/** Pixels as opaque RGBA. */
export function onWhite({ data }: Image): Uint8Array {
  const opaque = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3] / 255;
    for (let channel = 0; channel < 3; channel++) {
      opaque[i + channel] = Math.round(255 + (data[i + channel] - 255) * alpha);
    }
    opaque[i + 3] = 255;
  }
  return opaque;
}

/** Every n-th pixel of all frames, at most {@link SAMPLED_PIXELS} or so. */
function samplePixels(frames: readonly Uint8Array[]): Uint8Array {
  const pixels = frames[0].length / 4 * frames.length;
  const step = Math.max(1, Math.floor(pixels / SAMPLED_PIXELS));
  const sampled: number[] = [];
  let skip = 0;
  for (const frame of frames) {
    let pixel = skip;
    for (; pixel < frame.length / 4; pixel += step) sampled.push(...frame.subarray(4 * pixel, 4 * pixel + 4));
    skip = pixel - frame.length / 4;
  }
  return Uint8Array.from(sampled);
}
