import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UNKNOWN_LABEL } from "../../../data/classes.ts";
import { sceneAveragePrecision } from "../../../eval/metrics/scene_ap.ts";
import { naiveAveragePrecision } from "./naive_average_precision.ts";

/** The 13 entries by the literal definition. */
function naiveEntries(labels: Uint8Array, scores: Float32Array): number[] {
  const pairs = [...scores].map((score, i) => ({
    category: i % 12,
    truth: labels[Math.floor(i / 12)] === i % 12,
    score,
  })).filter((_, i) => labels[Math.floor(i / 12)] !== UNKNOWN_LABEL);
  const of = (chosen: typeof pairs) =>
    naiveAveragePrecision(chosen.map(({ truth }) => truth), chosen.map(({ score }) => score));
  return [
    ...Array.from({ length: 12 }, (_, category) => of(pairs.filter((pair) => pair.category === category))),
    of(pairs.filter((pair) => pair.category > 0)),
  ];
}

const ties = fc.integer({ min: 0, max: 4 }).map((quarter) => quarter / 4);
const anyScore = fc.float({ min: 0, max: 1, noNaN: true }).map(Math.abs);

Deno.test("sceneAveragePrecision: equals the literal definition, with ties, zeros, denormals, missing classes and unknown voxels", () => {
  const scene = fc.integer({ min: 1, max: 30 }).chain((voxels) =>
    fc.record({
      labels: fc.array(fc.oneof(fc.nat(11), fc.constant(UNKNOWN_LABEL)), { minLength: voxels, maxLength: voxels }),
      scores: fc.array(fc.oneof(ties, anyScore), { minLength: voxels * 12, maxLength: voxels * 12 }),
    })
  );
  fc.assert(
    fc.property(scene, ({ labels, scores }) => {
      const found = sceneAveragePrecision(Uint8Array.from(labels), Float32Array.from(scores));
      const expected = naiveEntries(Uint8Array.from(labels), Float32Array.from(scores));
      found.forEach((value, entry) => {
        if (Number.isNaN(expected[entry])) assert(Number.isNaN(value), `entry ${entry} is ${value}, class is missing`);
        else assertAlmostEquals(value, expected[entry], 1e-12, `entry ${entry}`);
      });
    }),
    { numRuns: 200 },
  );
});

Deno.test("sceneAveragePrecision: is 1 for the one-hot truth and does not read beyond a view", () => {
  const labels = Uint8Array.from({ length: 24 }, (_, voxel) => voxel % 12);
  const padded = new Float32Array(24 * 12 + 2).fill(0.75);
  const scores = padded.subarray(1, 1 + 24 * 12).fill(0);
  labels.forEach((label, voxel) => scores[voxel * 12 + label] = 1);
  assertEquals([...sceneAveragePrecision(labels, scores)], Array(13).fill(1));
});

Deno.test("sceneAveragePrecision: refuses scores and labels that are none", () => {
  for (const bad of [NaN, -0.5, 2, Infinity]) {
    const scores = new Float32Array(24).fill(0.1);
    scores[13] = bad;
    assertThrows(() => sceneAveragePrecision(new Uint8Array(2), scores), RangeError, `score ${bad} of voxel 1`);
  }
  assertThrows(() => sceneAveragePrecision(Uint8Array.of(12), new Float32Array(12)), RangeError, "label 12");
  assertThrows(() => sceneAveragePrecision(new Uint8Array(2), new Float32Array(12)), RangeError, "expected 24");
});
