import { assertAlmostEquals } from "@std/assert";
import { keptShares } from "./fair_share.ts";

Deno.test("keptShares: of 10 threads on 2 cores two have a fifth, one of nine processes a ninth", () => {
  const alone = { iterations: 40, seconds: 10, processorSeconds: 20 };
  const beside = { iterations: 8, seconds: 10, processorSeconds: 3 };
  const { threads, processes } = keptShares({ alone, beside }, 8, 2, 2);
  assertAlmostEquals(threads.fair, 1 / 5);
  assertAlmostEquals(threads.speed, 1); // a fifth of the speed alone
  assertAlmostEquals(threads.time, 0.75); // .3 of two cores, where .4 are fair
  assertAlmostEquals(processes.fair, 1 / 9);
  assertAlmostEquals(processes.speed, 9 / 5);
});
