/** How a candidate is measured. */
import { assertEquals } from "@std/assert";
import { shortestRun } from "../../../../nn/backend/cuda/conv/measurement.ts";

/** Runs that take so long, one after the other, and how many of them were asked for. */
function measure(times: readonly (number | null)[], best: number): [shortest: number | null, runs: number] {
  let runs = 0;
  return [shortestRun(() => times[runs++], best), runs];
}

Deno.test("shortestRun: the shortest of three runs counts, not the one that warms up", () => {
  assertEquals(measure([9, 7, 5, 6], Infinity), [5, 4]);
  assertEquals(measure([1, 7, 5, 6], 4), [5, 4]);
});

Deno.test("shortestRun: a warm-up far above the best ends the measurement", () => {
  assertEquals(measure([451, 1, 1, 1], 100), [451, 1]);
  // Three times the best, and what loading the kernels may take.
  assertEquals(measure([350, 120, 110, 130], 100), [110, 4]);
  assertEquals(measure([30, 2, 2, 2], 1), [2, 4]);
});

Deno.test("shortestRun: what does not run has no time", () => {
  assertEquals(measure([null], Infinity), [null, 1]);
  assertEquals(measure([3, 3, null], Infinity), [null, 3]);
});
