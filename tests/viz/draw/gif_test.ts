import { assert, assertEquals, assertThrows } from "@std/assert";
import { GifReader } from "omggif";
import { UserError } from "../../../base/errors.ts";
import type { Grid } from "../../../data/grid.ts";
import { animateVolumes, encodeGif } from "../../../viz/draw/gif.ts";
import { createImage } from "../../../viz/draw/image.ts";
import { labelOf, volumeWith } from "./scenes.ts";

/** What is to be seen at a frame as RGBA: a frame holds what changes after those before it. */
function frameOf(gif: GifReader, frame: number): Uint8Array {
  const pixels = new Uint8Array(gif.width * gif.height * 4);
  for (let each = 0; each <= frame; each++) gif.decodeAndBlitFrameRGBA(each, pixels);
  return pixels;
}

Deno.test("encodeGif: omggif reads frames, size, speed and colours back", () => {
  const red = createImage(7, 5, [214, 38, 41]), green = createImage(7, 5, [43, 161, 43]);
  const gif = new GifReader(encodeGif([red, green, red], { framesPerSecond: 12.5 }));
  assertEquals([gif.width, gif.height, gif.numFrames(), gif.loopCount()], [7, 5, 3, 0]);
  assertEquals(gif.frameInfo(1).delay, 8);
  for (const [frame, image] of [[0, red], [1, green], [2, red]] as const) {
    const pixels = frameOf(gif, frame);
    pixels.forEach((value, i) => assert(Math.abs(value - image.data[i]) <= 8, `frame ${frame} byte ${i}`));
  }
});

Deno.test("encodeGif: transparent pixels become white", () => {
  const pixels = frameOf(new GifReader(encodeGif([createImage(3, 3, "transparent")])), 0);
  assert(pixels.every((value) => value > 250));
});

Deno.test("animateVolumes: one camera shows all volumes, so what stays does not move", () => {
  const grid: Grid = [8, 4, 8];
  const floor = Array.from({ length: 64 }, (_, i) => [Math.floor(i / 8), 0, i % 8, labelOf("floor")] as const);
  const small = volumeWith(grid, floor);
  const tall = volumeWith(grid, [...floor, [3, 1, 3, labelOf("sofa")], [3, 2, 3, labelOf("sofa")]]);
  const gif = new GifReader(animateVolumes([small, tall, small], grid, { width: 80, height: 60 }));
  assertEquals([gif.numFrames(), gif.width, gif.height], [3, 80, 60]);
  const [first, second, third] = [0, 1, 2].map((frame) => frameOf(gif, frame));
  assertEquals(first, third);
  const differing = first.filter((value, i) => Math.abs(value - second[i]) > 12).length;
  assert(differing > 50 && differing < first.length / 4, `${differing} bytes differ`);
});

Deno.test("encodeGif: no pictures, mixed sizes and impossible speeds are refused", () => {
  const image = createImage(2, 2);
  assertThrows(() => encodeGif([]), UserError, "at least one");
  assertThrows(() => encodeGif([image, createImage(3, 2)]), UserError, "2x2 and 3x2");
  assertThrows(() => encodeGif([image], { framesPerSecond: 0 }), UserError, "0.1 to 50");
  assertThrows(() => animateVolumes([], [1, 1, 1]), UserError, "at least one");
});
