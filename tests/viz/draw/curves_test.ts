import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../base/errors.ts";
import { formatTick, makeAxis } from "../../../viz/draw/axis.ts";
import { curvesOfRuns, learningCurves, type LossRow, smoothed, summarise } from "../../../viz/draw/curves.ts";
import { curveValues } from "../../../viz/viewer/page/curve_values.ts";
import { type Figure, figureToImage, figureToSvg } from "../../../viz/draw/figure.ts";

function row(step: number, losses: Record<string, number>, phase = "base"): LossRow {
  return { phase, step, losses };
}

function textsOf({ shapes }: Figure): string[] {
  return shapes.flatMap((shape) => shape.kind === "text" ? [shape.text] : []);
}

/** Fails unless every opened element is closed in order. @returns the names of the elements. */
function checkXml(text: string): string[] {
  const open: string[] = [], names: string[] = [];
  for (const [, end, name, , empty] of text.matchAll(/<(\/?)(\w+)((?: [\w-]+="[^"<]*")*)(\/?)>/g)) {
    if (end) assertEquals(open.pop(), name);
    else if (!empty) open.push(name);
    names.push(name);
  }
  assertEquals(open, []);
  assertEquals(text.replaceAll(/<\/?\w+(?: [\w-]+="[^"<]*")*\/?>/g, "").match(/[<>]|&(?!amp;|lt;|gt;|quot;)/), null);
  return names;
}

Deno.test("summarise: keeps the extremes and the mean whatever the number of bins", () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 });
  fc.assert(fc.property(values, fc.integer({ min: 1, max: 70 }), (values, bins) => {
    const { steps, mean, low, high } = summarise(
      values.map((a, i) => row(i, { a })),
      "a",
      [0, values.length - 1],
      bins,
    );
    assertEquals(Math.min(...low), Math.min(...values));
    assertEquals(Math.max(...high), Math.max(...values));
    assert(steps.length <= bins);
    steps.forEach((step, i) => {
      assert(i === 0 || step > steps[i - 1]);
      assert(low[i] <= mean[i] + 1e-6 && mean[i] <= high[i] + 1e-6);
    });
  }));
});

Deno.test("learningCurves: a panel per group, names in the legend, an upright where the refine phase begins", () => {
  const rows = [
    row(10, { recons_loss: 900, gen_loss: 1, code_encode_loss: 0.7 }),
    row(20, { recons_loss: 30, gen_loss: 2, code_encode_loss: 0.6 }),
    row(30, { recons_loss_refine: 20, gen_loss_refine: 2 }, "refine"),
  ];
  const texts = textsOf(learningCurves(rows));
  for (const expected of ["reconstruction", "adversarial", "code", "recons_loss_refine", "gen_loss", "iteration"]) {
    assert(texts.includes(expected), expected);
  }
  assertEquals(texts.filter((text) => text === "refine").length, 3);
  assertEquals(textsOf(learningCurves(rows.slice(0, 2))).filter((text) => text === "refine").length, 0);
});

Deno.test("learningCurves: curves stay inside their panel and fall where the loss falls, on both scales", () => {
  const rows = Array.from({ length: 500 }, (_, i) => row(i + 1, { recons_loss: 5000 / (i + 1) }));
  for (const scale of ["linear", "log", "auto"] as const) {
    const { shapes, width, height } = learningCurves(rows, { scale });
    const curve = shapes.find((shape) => shape.kind === "line" && shape.points.length > 50);
    assert(curve?.kind === "line");
    curve.points.forEach(([x, y], i) => {
      assert(x >= 0 && x <= width && y >= 0 && y <= height);
      if (i > 0) assert(x > curve.points[i - 1][0] && y >= curve.points[i - 1][1]);
    });
  }
  const straight = (scale: "linear" | "log") => {
    const decay = Array.from({ length: 300 }, (_, i) => row(i, { recons_loss: Math.exp(-i / 50) }));
    const curve = learningCurves(decay, { scale }).shapes.find((s) => s.kind === "line" && s.points.length > 50);
    assert(curve?.kind === "line");
    const points = curve.points,
      slope = (a: number, b: number) => (points[b][1] - points[a][1]) / (points[b][0] - points[a][0]);
    return Math.abs(slope(10, 50) / slope(100, 140) - 1) < 0.05;
  };
  assertEquals([straight("log"), straight("linear")], [true, false]);
});

Deno.test("learningCurves: one row, equal values, zero and negative losses can be drawn", () => {
  for (const values of [[3], [2, 2, 2], [0, 0], [-1, 5], [1e-12, 1e9], [-4e8, 0]]) {
    for (const scale of ["linear", "log", "auto"] as const) {
      const figure = learningCurves(values.map((a, i) => row(i, { recons_loss: a })), { scale });
      assert(!/NaN|Infinity/.test(figureToSvg(figure)));
      assert(figureToImage(figure, 1).data.some((value) => value < 100));
    }
  }
  assertThrows(() => learningCurves([]), UserError, "no losses");
  for (const losses of [{}, { a: NaN }] as Record<string, number>[]) {
    assertThrows(() => learningCurves([row(1, losses)]), UserError, "no losses");
  }
  const holed = learningCurves([row(1, { a: 1 }), row(2, { a: NaN }), row(3, { a: 2 })]);
  assert(!/NaN|Infinity/.test(figureToSvg(holed)));
});

Deno.test("figureToSvg: is well formed whatever the names, and shows each shape", () => {
  fc.assert(fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (name) => {
    checkXml(figureToSvg(learningCurves([row(1, { [name]: 1 }), row(2, { [name]: 2 })])));
  }));
  const svg = figureToSvg(learningCurves([row(1, { "a<b&c": 1 }), row(2, { "a<b&c": 2 })]));
  const names = checkXml(svg);
  for (const name of ["svg", "text", "polyline", "polygon"]) assert(names.includes(name), name);
  assertStringIncludes(svg, "a&lt;b&amp;c");
});

Deno.test("figureToImage: has the size of the figure times the scale", () => {
  const figure = learningCurves([row(1, { gen_loss: 1 }), row(9, { gen_loss: 3 })], { width: 300 });
  for (const scale of [1, 2]) {
    const { width, height } = figureToImage(figure, scale);
    assertEquals([width, height], [300 * scale, figure.height * scale]);
  }
});

Deno.test("makeAxis: few round ticks between both ends, evenly spaced on the scale", () => {
  const value = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
  fc.assert(fc.property(value, value, fc.constantFrom("linear" as const, "log" as const), (a, b, scale) => {
    const [low, high] = a < b ? [a, b] : [b, a];
    fc.pre(low === high || high - low > 1e-9 * high); // where doubles lie too far apart for ticks between them
    const axis = makeAxis(scale, [low, high], [100, 0], 5, true);
    assert(axis.ticks.length <= 12, `${axis.ticks.length} ticks`);
    assert(axis.at(low) <= 100.001 && axis.at(high) >= -0.001);
    for (const tick of axis.ticks) assert(axis.at(tick) <= 100.001 && axis.at(tick) >= -0.001);
  }));
  assertEquals(makeAxis("log", [50, 20_000], [0, 1], 5, true).ticks, [100, 1000, 10_000]);
  assertEquals(makeAxis("log", [50, 900], [0, 1], 5, true).ticks, [50, 100, 200, 500]);
  assertEquals(makeAxis("linear", [0.1, 4.8], [0, 1], 5, true).ticks, [0, 1, 2, 3, 4, 5]);
});

Deno.test("formatTick: short and exact", () => {
  const cases = [[0, "0"], [0.25, "0.25"], [0.30000000000000004, "0.3"], [1500, "1500"], [12_000, "12k"], [
    75_000,
    "75k",
  ]];
  for (const [value, text] of [...cases, [2.5e6, "2.5M"], [1e-6, "1e-6"], [3e12, "3e12"], [-0.5, "-0.5"]]) {
    assertEquals(formatTick(value as number), text as string);
  }
});

Deno.test("smoothed: an average of all before, the later the heavier; what is no number stays out", () => {
  const row = (value: number): LossRow => ({ phase: "base", step: 1, losses: { a: value, b: 7 } });
  const values = (rows: readonly LossRow[]) => rows.map(({ losses }) => losses.a);
  const rows = [8, NaN, 2, 2].map(row);
  assertEquals(smoothed(rows, "a", 0), rows);
  assertEquals(values(smoothed(rows, "a", 0.5)), [8, NaN, (4 + 2) / 1.5, (2 + 1 + 2) / 1.75]);
  assertEquals(smoothed(rows, "a", 0.5).map(({ losses }) => losses.b), [7, 7, 7, 7]);
  assertEquals(values(smoothed([3, 3, 3].map(row), "a", 0.99)).map((value) => +value.toFixed(9)), [3, 3, 3]);
});

Deno.test("curvesOfRuns: a panel for each loss and a line for each run that has it; values at a place", () => {
  const rows = (from: number, losses: (step: number) => Record<string, number>): LossRow[] =>
    Array.from({ length: 11 }, (_, i) => ({ phase: "base", step: from + i, losses: losses(from + i) }));
  const runs = [
    { title: "one", rows: rows(0, (step) => ({ recons_loss: step, gen_loss: 1 })) },
    { title: "two", rows: rows(10, (step) => ({ recons_loss: 100 + step })) },
  ];
  const { panels, figure } = curvesOfRuns(runs, { width: 400 });
  assertEquals(panels.map(({ series }) => series.map(({ name }) => name)), [["one", "two"], ["one"]]);
  assertEquals(panels[0].steps, [0, 20]);
  assert(textsOf(figure).includes("recons_loss"));
  const { box } = panels[0], y = (box.top + box.bottom) / 2;
  const at = (share: number) => curveValues(panels, box.left + share * (box.right - box.left), y);
  assertEquals(at(0.25), ["iteration 5", "one  5.000", "two  110.0"]);
  assertEquals(at(1), ["iteration 20", "one  10.00", "two  120.0"]);
  assertEquals([curveValues(panels, 0, y), curveValues(panels, box.left + 1, box.bottom + 9)], [null, null]);
});
