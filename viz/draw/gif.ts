/** Animated GIF files of volumes that change. */
import { applyPalette, GIFEncoder } from "gifenc";
import { UserError } from "../../base/errors.ts";
import type { Grid } from "../../data/grid.ts";
import { boxAround } from "./camera.ts";
import type { Image } from "./image.ts";
import { commonColors, onWhite } from "./quantize.ts";
import { frameOf, type RenderOptions, renderVolume } from "./render.ts";

/** How {@link encodeGif} plays. */
export interface GifOptions {
  /** Pictures per second, rounded to whole hundredths of a second; 10 if left out. */
  readonly framesPerSecond?: number;
}

/** How {@link animateVolumes} looks and plays; 320 × 240 pixels if left out. */
export interface AnimationOptions extends GifOptions, Omit<RenderOptions, "background"> {}

/** Colours in the table of a GIF; one more index, the last, stands for a pixel that stays as it was. */
const COLORS = 255, UNCHANGED = 255;
/** Disposal method of GIF89a that leaves a frame in place for the next one. */
const KEEP = 1;

/**
 * The bytes of an animated GIF that repeats for ever. All frames share one table of 255 colours, so colours do not
 * flicker; a frame holds the pixels that change. Transparent pixels become white.
 *
 * @throws {UserError} if there is no picture, they differ in size, or the speed is impossible.
 */
export function encodeGif(
  images: readonly Image[],
  { framesPerSecond = 10 }: GifOptions = {},
): Uint8Array<ArrayBuffer> {
  if (images.length === 0) throw new UserError("an animation of no pictures: at least one is needed");
  if (!(framesPerSecond >= 0.1 && framesPerSecond <= 50)) {
    throw new UserError(`an animation of ${framesPerSecond} frames per second: expected 0.1 to 50`);
  }
  const [{ width, height }] = images;
  const odd = images.find((image) => image.width !== width || image.height !== height);
  if (odd) {
    throw new UserError(`an animation with pictures of ${width}x${height} and ${odd.width}x${odd.height} pixels`);
  }
  const frames = images.map(onWhite);
  const palette = commonColors(frames, COLORS);
  const encoder = GIFEncoder();
  const delay = Math.round(100 / framesPerSecond) * 10;
  const table = Array.from({ length: COLORS + 1 }, (_, index) => palette[index] ?? [0, 0, 0]);
  let before: Uint8Array | null = null;
  for (const frame of frames) {
    const indices = applyPalette(frame, palette), shown: Uint8Array | null = before;
    const changes = shown ? indices.map((index, pixel) => index === shown[pixel] ? UNCHANGED : index) : indices;
    const transparency = { transparent: before !== null, transparentIndex: UNCHANGED, dispose: KEEP };
    encoder.writeFrame(changes, width, height, { palette: table, delay, repeat: 0, ...transparency });
    before = indices;
  }
  encoder.finish();
  return encoder.bytes();
}

/**
 * An animated GIF of volumes seen from one fixed place that shows all of them, e.g. the steps of an interpolation.
 *
 * @param volumes labels `[D, H, W]` in C order, in the order of the frames.
 * @throws {UserError} if there are no volumes, one is not valid, or the picture's size or speed is impossible.
 */
export function animateVolumes(
  volumes: readonly Uint8Array[],
  grid: Grid,
  { framesPerSecond, ...rendering }: AnimationOptions = {},
): Uint8Array<ArrayBuffer> {
  if (volumes.length === 0) throw new UserError("an animation of no volumes: at least one is needed");
  const { width = 320, height = 240 } = rendering;
  const frame = rendering.frame ?? volumes.map((labels) => frameOf(labels, grid, rendering)).reduce(boxAround);
  const images = volumes.map((labels) => renderVolume(labels, grid, { ...rendering, width, height, frame }));
  return encodeGif(images, { framesPerSecond });
}
