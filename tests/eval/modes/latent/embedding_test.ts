import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { fillNormal } from "../../../../base/random.ts";
import { classCentroids, fillGaps, sceneCentroid } from "../../../../eval/modes/latent/centroids.ts";
import { pairDistances } from "../../../../eval/modes/latent/correlation.ts";
import { embed } from "../../../../eval/modes/latent/embedding.ts";

Deno.test("embed: points of a plane in space keep their distances; directions are sorted by spread", () => {
  const numbers = new Float32Array(60);
  fillNormal(numbers, { seed: 1, stream: 0, iteration: 0 });
  const u = [2, 1, 2, 0, 0].map((v) => v / 3), v = [-2, 2, 1, 0, 0].map((w) => w / 3);
  const points = Array.from(
    { length: 30 },
    (_, i) => u.map((_, axis) => 7 + 5 * numbers[i] * u[axis] + numbers[30 + i] * v[axis]),
  );
  const [xs, ys, zs] = embed(points.flat(), 5, 3);
  const flat = Array.from(xs, (x, i) => [x, ys[i]]).flat();
  pairDistances(flat, 2).forEach((d, pair) => assertAlmostEquals(d, pairDistances(points.flat(), 5)[pair], 1e-9));
  const spread = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0);
  assert(spread(xs) > 4 * spread(ys));
  assert(zs.every((z) => Math.abs(z) < 1e-9));
  for (const axis of [xs, ys]) {
    assertAlmostEquals(axis.reduce((sum, value) => sum + value, 0), 0, 1e-9);
    assertEquals(Math.max(...axis), Math.max(...axis.map(Math.abs)), "the greatest coordinate is positive");
  }
});

Deno.test("embed: more columns than points and more dimensions than columns", () => {
  const few = embed([1, 0, 0, 0, 0, 1, 0, 0], 4, 2);
  assertEquals(few.map((axis) => axis.length), [2, 2]);
  assertAlmostEquals(Math.abs(few[0][0] - few[0][1]), Math.SQRT2, 1e-12);
  assertEquals([...embed([1, 2, 3], 1, 2)[1]], [0, 0, 0]);
});

Deno.test("sceneCentroid and classCentroids: the middle of the voxels, in shares of the axes", () => {
  const labels = new Uint8Array(4 * 2 * 4);
  labels[0] = 1; // [0, 0, 0]
  labels[(3 * 2 + 1) * 4 + 1] = 1; // [3, 1, 1]
  labels[(2 * 2 + 0) * 4 + 2] = 3; // [2, 0, 2]
  const grid = [4, 2, 4] as const;
  assertEquals([...classCentroids(labels, grid, 4)], [0.5, 0.5, 0.25, NaN, NaN, NaN, 0.625, 0.25, 0.625]);
  assertEquals(sceneCentroid(labels, grid).map((c) => Math.round(c * 24)), [13, 10, 9]);
  assertEquals(sceneCentroid(new Uint8Array(32), grid), [0.5, 0.5, 0.5]);
});

Deno.test("fillGaps: the mean of the column", () => {
  assertEquals([...fillGaps(Float64Array.of(1, NaN, NaN, NaN, 3, NaN), 2)], [1, 0, 2, 0, 3, 0]);
});
