import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { pairDistances, pearson, ranks, spearman } from "../../../../eval/modes/latent/correlation.ts";

Deno.test("pearson: known values, and none for a constant", () => {
  // Anscombe's first quartet: r = 0.816.
  const xs = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
  const ys = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
  assertAlmostEquals(pearson(xs, ys), 0.81642, 1e-5);
  assertEquals(pearson([1, 1, 1], [1, 2, 3]), NaN);
  assertThrows(() => pearson([1], [1, 2]), RangeError);
});

Deno.test("spearman: 1 for whatever grows together, with ties shared", () => {
  assertAlmostEquals(spearman([1, 2, 3, 4], [1, 10, 100, 1000]), 1, 1e-12);
  assertAlmostEquals(spearman([1, 2, 3, 4], [9, 7, 7, 1]), -Math.sqrt(0.9), 1e-12);
  assertEquals([...ranks([5, 1, 5, 3])], [3.5, 1, 3.5, 2]);
});

Deno.test("pearson: within −1 and 1, the same after scaling and shifting", () => {
  const numbers = fc.array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 })), {
    minLength: 3,
  });
  fc.assert(fc.property(numbers, (pairs) => {
    const xs = pairs.map(([x]) => x), ys = pairs.map(([, y]) => y);
    const r = pearson(xs, ys);
    if (Number.isNaN(r)) return;
    assert(r >= -1 && r <= 1);
    assertAlmostEquals(pearson(xs.map((x) => 3 * x - 7), ys.map((y) => -2 * y)), -r, 1e-9);
  }));
});

Deno.test("pairDistances: every pair once", () => {
  assertEquals([...pairDistances([0, 0, 3, 4, 0, 4], 2)], [5, 4, 3]);
});
