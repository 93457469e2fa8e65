import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../base/errors.ts";
import { barChart, SERIES_COLORS } from "../../../viz/draw/bar_chart.ts";
import { type Figure, figureToImage, figureToSvg, type Rectangle, type Text } from "../../../viz/draw/figure.ts";
import type { Rgb } from "../../../viz/draw/image.ts";

/** Bars in the order of categories and, within one, of series: the squares of the legend are 11 x 11. */
function barsOf({ shapes }: Figure): Rectangle[] {
  return shapes.filter((shape) => shape.kind === "rectangle").filter(({ width, height }) =>
    width !== 11 || height !== 11
  );
}

function textsOf({ shapes }: Figure): Text[] {
  return shapes.filter((shape) => shape.kind === "text");
}

/** Closed strokes: markers are drawn twice, white under ink. */
function markersOf({ shapes }: Figure): (readonly [number, number])[] {
  return shapes.flatMap((shape) =>
    shape.kind === "line" && shape.points.length === 5 && shape.width < 2
      ? [[shape.points[0][0], (shape.points[0][1] + shape.points[2][1]) / 2] as const]
      : []
  );
}

const values = fc.array(fc.double({ min: -50, max: 1000, noNaN: true }), { minLength: 2, maxLength: 12 });

Deno.test("barChart: bars are as long as their values, above zero upwards and below downwards", () => {
  fc.assert(fc.property(values, (numbers) => {
    fc.pre(numbers.some((value) => Math.abs(value) > 1));
    const figure = barChart(numbers.map((_, i) => `c${i}`), [{ name: "s", values: numbers }]);
    const bars = barsOf(figure), longest = numbers.indexOf(numbers.reduce((a, b) => Math.abs(b) > Math.abs(a) ? b : a));
    const unit = bars[longest].height / Math.abs(numbers[longest]);
    const zero = numbers[longest] > 0 ? bars[longest].y + bars[longest].height : bars[longest].y;
    numbers.forEach((value, i) => {
      assertAlmostEquals(bars[i].height, Math.abs(value) * unit, 1e-6);
      assertAlmostEquals(value > 0 ? bars[i].y + bars[i].height : bars[i].y, zero, 1e-6);
    });
  }));
});

Deno.test("barChart: bars of a group stand side by side in the order of the series, groups do not touch", () => {
  const series = ["a", "b", "c", "d", "e"].map((name) => ({ name, values: Array(13).fill(0.4) }));
  const bars = barsOf(barChart(Array.from({ length: 13 }, (_, i) => `class ${i}`), series));
  assertEquals(bars.length, 65);
  bars.slice(1).forEach((bar, i) => assert(bar.x > bars[i].x + bars[i].width, `bar ${i + 1}`));
  assertEquals(bars.slice(0, 5).map(({ color }) => color), SERIES_COLORS.slice(0, 5));
});

Deno.test("barChart: what is missing leaves a hole, not a zero", () => {
  const figure = barChart(["a", "b", "c"], [{ name: "s", values: [1, NaN, 0.5], references: [NaN, NaN, 0.25] }]);
  assertEquals(barsOf(figure).length, 2);
  assertEquals(markersOf(figure).length, 2, "one in the legend, one over the third bar");
  assertEquals(textsOf(figure).filter(({ size }) => size === 9).map(({ text }) => text), ["1", ".500"]);
});

Deno.test("barChart: references and error bars are at their values", () => {
  const figure = barChart(["a"], [{ name: "s", values: [0.5], references: [0.25], intervals: [[0.4, 0.6]] }], {
    range: [0, 1],
  });
  const [bar] = barsOf(figure), bottom = bar.y + bar.height, unit = bar.height / 0.5;
  const [, [x, y]] = markersOf(figure);
  assertAlmostEquals(x, bar.x + bar.width / 2, 1e-9);
  assertAlmostEquals(y, bottom - 0.25 * unit, 1e-9);
  const upright = figure.shapes.find((shape) =>
    shape.kind === "line" && shape.points.length === 2 && shape.width === 1.2 &&
    shape.points[0][0] === shape.points[1][0]
  );
  assert(upright?.kind === "line");
  assertAlmostEquals(upright.points[0][1], bottom - 0.4 * unit, 1e-9);
  assertAlmostEquals(upright.points[1][1], bottom - 0.6 * unit, 1e-9);
});

Deno.test("barChart: values are over narrow bars upwards, names in the legend, everything inside the figure", () => {
  const names = ["VAE 200", "VAE 1200", "FC-VAE", "FC-alphaGAN", "+ refine"];
  const figure = barChart(
    Array.from({ length: 13 }, (_, i) => `class ${i}`),
    names.map((name) => ({ name, values: Array.from({ length: 13 }, (_, i) => 0.3 + i / 100) })),
    { title: "IoU per class" },
  );
  const texts = textsOf(figure);
  for (const name of ["IoU per class", ...names]) assert(texts.some(({ text }) => text === name), name);
  const shown = texts.filter(({ size }) => size === 9);
  assertEquals(shown.length, 65);
  assert(shown.every(({ upwards }) => upwards));
  for (const { x, y } of [...texts, ...barsOf(figure)]) {
    assert(x >= 0 && x <= figure.width && y >= 0 && y <= figure.height);
  }
});

Deno.test("barChart: as SVG and as pixels the bars have their colours, upward text is turned", () => {
  const figure = barChart(["a long name", "another one"], [{ name: "s", values: [1, 2] }], { width: 120 });
  const svg = figureToSvg(figure), image = figureToImage(figure, 1);
  assert(/transform="rotate\(-90 [\d.]+ [\d.]+\)">a long name</.test(svg), svg);
  for (const bar of barsOf(figure)) {
    assert(svg.includes(`fill="#${SERIES_COLORS[0].map((v) => v.toString(16).padStart(2, "0")).join("")}"`));
    const at = (Math.floor(bar.y + bar.height / 2) * image.width + Math.floor(bar.x + bar.width / 2)) * 4;
    assertEquals([...image.data.subarray(at, at + 3)], [...SERIES_COLORS[0]]);
  }
});

Deno.test("barChart: any two of the colours differ for people who cannot tell red from green", () => {
  // Viénot, Brettel and Mollon (1999): in linear light, a dichromat sees red and green as one mixture of both.
  const linear = (value: number) => (value / 255) ** 2.2;
  const dichromat = ([r, g, b]: Rgb) => [0.112 * linear(r) + 0.888 * linear(g), linear(b)];
  SERIES_COLORS.forEach((one, i) =>
    SERIES_COLORS.slice(0, i).forEach((other) => {
      const [a, b] = [dichromat(one), dichromat(other)];
      assert(Math.hypot(a[0] - b[0], a[1] - b[1]) > 0.05, `${one} and ${other}`);
    })
  );
});

Deno.test("barChart: lists of unequal length and empty charts are refused by name", () => {
  assertThrows(() => barChart([], []), UserError, "no bars");
  assertThrows(() => barChart(["a"], [{ name: "s", values: [1, 2] }]), UserError, '"s" has 2 values for 1 categories');
  assertThrows(() => barChart(["a"], [{ name: "s", values: [1], references: [] }]), UserError, "0 references");
  assert(Number.isFinite(barChart(["a"], [{ name: "s", values: [0] }]).height));
});
