import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createImage, drawImage, type Image, WHITE } from "../../../viz/draw/image.ts";
import { fillBand, fillRectangle, strokePaths } from "../../../viz/draw/raster.ts";
import { drawText, textWidth } from "../../../viz/draw/text.ts";

const BLACK = [0, 0, 0] as const;

/** Sum over the pixels of how black they are, 0–1. */
function ink({ data }: Image): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += 1 - data[i] / 255;
  return sum;
}

Deno.test("fillRectangle: leaves as much ink as its area, wherever its sides fall, and clips", () => {
  const position = fc.double({ min: 1, max: 9, noNaN: true }), size = fc.double({ min: 0, max: 10, noNaN: true });
  fc.assert(fc.property(position, position, size, size, (x, y, width, height) => {
    const image = createImage(20, 20);
    fillRectangle(image, x, y, width, height, BLACK);
    assertAlmostEquals(ink(image), width * height, 0.3);
  }));
  const image = createImage(4, 4);
  fillRectangle(image, -10, -10, 100, 100, BLACK);
  assertEquals(ink(image), 16);
});

Deno.test("strokePaths: a line leaves ink like its length times its width, and outside the picture none", () => {
  const image = createImage(60, 60);
  strokePaths(image, [[[10, 10], [40, 50]]], 3, BLACK);
  assertAlmostEquals(ink(image), 50 * 3 + Math.PI * 1.5 ** 2, 4);
  const other = createImage(60, 60);
  strokePaths(other, [[[-30, 10], [-10, 50]], []], 3, BLACK);
  strokePaths(other, [], 3, BLACK);
  assertEquals(ink(other), 0);
});

Deno.test("strokePaths: overlapping strokes do not add up", () => {
  const image = createImage(20, 20), twice = createImage(20, 20);
  strokePaths(image, [[[3, 3], [16, 12]]], 1.3, BLACK, 0.5);
  strokePaths(twice, [[[3, 3], [16, 12], [3, 3]]], 1.3, BLACK, 0.5);
  assertEquals(twice.data, image.data);
});

Deno.test("fillBand: fills the area between its lines", () => {
  const image = createImage(50, 50);
  fillBand(image, [10, 20, 40], [10, 10, 20], [30, 20, 40], BLACK, 1);
  assertAlmostEquals(ink(image), 10 * 15 + 20 * 15, 3);
  fillBand(image, [10], [1], [2], BLACK, 1);
});

Deno.test("drawText: stays within its width, at the side of its anchor, and differs by text", () => {
  for (const anchor of ["start", "middle", "end"] as const) {
    const image = createImage(400, 40);
    drawText(image, "Reconstruction 0123", 200, 30, { size: 12, color: BLACK, anchor });
    const columns = Array.from({ length: 400 }, (_, x) => x).filter((x) =>
      Array.from({ length: 40 }, (_, y) => image.data[(y * 400 + x) * 4]).some((value) => value < 255)
    );
    const width = textWidth("Reconstruction 0123", 12);
    const left = anchor === "start" ? 200 : anchor === "end" ? 200 - width : 200 - width / 2;
    assert(columns[0] >= left - 1 && columns.at(-1)! <= left + width + 1, anchor);
    assert(columns.at(-1)! - columns[0] > 0.9 * width - 4, anchor);
  }
  const pictures = ["a", "b", "real", "refined", ""].map((text) => {
    const image = createImage(80, 20);
    drawText(image, text, 2, 15, { size: 12, color: BLACK });
    return image.data.join();
  });
  assertEquals(new Set(pictures).size, pictures.length);
});

Deno.test("drawImage: clips at every side and lets transparent pixels through", () => {
  const source = createImage(4, 4, BLACK);
  source.data[3] = 0;
  for (const [left, top, expected] of [[0, 0, 15], [-2, -2, 4], [8, 8, 3], [20, 0, 0], [-9, 3, 0]]) {
    const target = createImage(10, 10, WHITE);
    drawImage(target, source, left, top);
    assertEquals(ink(target), expected);
  }
});
