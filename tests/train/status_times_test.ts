import { assert, assertEquals } from "@std/assert";
import { StatusTimes } from "../../train/status_times.ts";

Deno.test("StatusTimes: every few seconds at first, once a minute in the end", () => {
  let now = 0;
  const times = new StatusTimes(() => now), told: number[] = [];
  for (; now < 3_600_000; now += 100) {
    if (!times.due) continue;
    times.told();
    told.push(now / 1000);
  }
  assertEquals(told[0], 3);
  assert(told.filter((at) => at <= 30).length >= 5, `in half a minute ${told.filter((at) => at <= 30)}`);
  const gaps = told.slice(1).map((at, i) => at - told[i]);
  assertEquals([Math.max(...gaps), gaps.at(-1)], [60, 60]);
  assert(gaps.every((gap, i) => i === 0 || gap >= gaps[i - 1]));
});
