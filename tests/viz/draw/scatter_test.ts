import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import { type Disc, figureToImage, figureToSvg } from "../../../viz/draw/figure.ts";
import { rampColor, scatterMaps } from "../../../viz/draw/scatter.ts";

const MAP = { title: "codes", subtitle: "r = .50", xs: [0, 1, 2], ys: [5, 3, 1], shades: [10, 30, 20] };

function discs(figure: ReturnType<typeof scatterMaps>): Disc[] {
  return figure.shapes.filter((shape) => shape.kind === "disc").filter(({ radius }) => radius < 4);
}

Deno.test("scatterMaps: a disc per point, placed and shaded by its numbers", () => {
  const points = discs(scatterMaps([MAP]));
  assertEquals(points.length, 3);
  assert(points[0].x < points[1].x && points[1].x < points[2].x, "to the right with x");
  assert(points[0].y < points[1].y && points[1].y < points[2].y, "up with y, so down on paper as y falls");
  assertEquals(points.map(({ color }) => color), [rampColor(0), rampColor(1), rampColor(0.5)]);
});

Deno.test("scatterMaps: maps stand side by side, titles and labels are in the SVG, pixels are drawn", () => {
  const figure = scatterMaps([MAP, { ...MAP, title: "flat & long" }], { labels: { x: "a", y: "b", shade: "s" } });
  assertEquals(figure.width, 2 * scatterMaps([MAP]).width);
  const svg = figureToSvg(figure);
  for (const text of ["codes", "flat &amp; long", "r = .50", "a (right), b (up)", "<circle"]) {
    assert(svg.includes(text), text);
  }
  const { data, width } = figureToImage(figure, 1);
  const [{ x, y, color }] = discs(figure);
  const at = 4 * (Math.floor(y) * width + Math.floor(x));
  assertEquals([...data.subarray(at, at + 3)], [...color]);
});

Deno.test("rampColor: lightness grows all the way, so that the shade reads without colour", () => {
  const lightness = Array.from({ length: 33 }, (_, i) => {
    const [red, green, blue] = rampColor(i / 32);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  lightness.slice(1).forEach((value, i) => assert(value > lightness[i]));
});

Deno.test("scatterMaps: no points, lists of different lengths and numbers that are none are errors for the user", () => {
  assertThrows(() => scatterMaps([]), UserError, "no maps");
  assertThrows(() => scatterMaps([{ ...MAP, xs: [], ys: [], shades: [] }]), UserError, "0, 0 and 0 numbers");
  assertThrows(() => scatterMaps([{ ...MAP, ys: [1, 2] }]), UserError, "3, 2 and 3 numbers");
  assertThrows(() => scatterMaps([{ ...MAP, shades: [1, NaN, 2] }]), UserError, "NaN");
});
