/** Means, intervals and paired differences over scenes. */
import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { fillNormal } from "../../../base/random.ts";
import type { StageScores } from "../../../eval/study/scene_scores.ts";
import { difference, estimate, measureOf, orderVerdict } from "../../../eval/study/statistics.ts";
import { IouMeter } from "../../../eval/metrics/iou.ts";

/** Scores of one entry per scene; IoU and average precision alike. */
function scoresOf(values: readonly number[]): StageScores {
  const rows = values.map((value) => [value]);
  return { iou: rows, ap: rows };
}

function normal(count: number, seed: number): Float32Array {
  const numbers = new Float32Array(count);
  fillNormal(numbers, { seed, stream: 79, iteration: 0 });
  return numbers;
}

Deno.test("measureOf: the meter's numbers, both IoU from the published one", () => {
  const volume = fc.uint8Array({ minLength: 30, maxLength: 30, max: 3 });
  fc.assert(fc.property(fc.array(fc.tuple(volume, volume), { minLength: 1, maxLength: 5 }), (pairs) => {
    const meter = new IouMeter(4);
    for (const [real, predicted] of pairs) meter.add(real, predicted);
    const table = meter.finish();
    const scores = { iou: table.byScene.map((scene) => [...scene]), ap: [] };
    for (let entry = 0; entry <= 4; entry++) {
      if (table.sceneCount[entry] === 0) assert(Number.isNaN(measureOf(scores, "iou", entry)));
      else {
        assertAlmostEquals(measureOf(scores, "iou", entry), table.iouReference[entry], 1e-12);
        assertAlmostEquals(measureOf(scores, "trueIou", entry), table.iou[entry], 1e-12);
      }
    }
  }));
});

Deno.test("measureOf: average precision is divided by all scenes, IoU by those with the class", () => {
  const scores = scoresOf([0.5, NaN, 0.25]);
  assertEquals([measureOf(scores, "ap", 0), measureOf(scores, "iou", 0)], [0.25, 0.375]);
  assertEquals(measureOf(scores, "iou", 0, [0, 5, 2]), 0.25);
});

Deno.test("estimate: its interval is 1.96 standard errors of the mean on each side", () => {
  const values = [...normal(200, 1)].map((x) => 0.3 + 0.02 * x);
  const mean = values.reduce((a, b) => a + b) / 200;
  const error = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 199 / 200);
  const { value, low, high } = estimate(scoresOf(values), "iou", 0, 3);
  assertAlmostEquals(value, mean, 1e-12);
  assertAlmostEquals((high - low) / (2 * 1.96 * error), 1, 0.15);
});

Deno.test("difference: what makes a scene hard for both cancels", () => {
  const hard = normal(100, 2), noise = normal(100, 3);
  const a = [...hard].map((x) => 0.3 + 0.05 * x), b = a.map((x, i) => x + 0.01 + 0.001 * noise[i]);
  const { value, sigma } = difference(scoresOf(a), scoresOf(b), "iou", 0, 4);
  assertAlmostEquals(value, 0.01, 5e-4);
  assertAlmostEquals(sigma, 0.001 / 10, 5e-5);
  const { low, high } = estimate(scoresOf(a), "iou", 0, 4);
  assertLess(20 * sigma, high - low);
});

Deno.test("orderVerdict: counts pairs, and names those that contradict the paper for certain", () => {
  const noise = normal(60, 5);
  const around = (mean: number, seed: number) => scoresOf([...normal(60, seed)].map((x) => mean + 1e-3 * x));
  const even = scoresOf([...noise].map((x) => 0.4 + 0.01 * x));
  const nearlyEven = scoresOf([...noise].map((x, i) => 0.4 + 0.01 * x - (i % 2 === 0 ? 1e-3 : -0.9e-3)));
  assertEquals(orderVerdict([around(0.3, 6), around(0.4, 7), around(0.45, 8)], "iou", 0, 1), {
    same: true,
    agreeing: 3,
    contradicting: [],
    pairs: 3,
  });
  const mixed = orderVerdict([around(0.4, 6), around(0.3, 7), around(0.45, 8)], "iou", 0, 1);
  assertEquals(mixed, { same: false, agreeing: 2, contradicting: [[0, 1]], pairs: 3 });
  const undecided = orderVerdict([even, nearlyEven], "iou", 0, 1);
  assertEquals(undecided, { same: false, agreeing: 0, contradicting: [], pairs: 1 });
});
