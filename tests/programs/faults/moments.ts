/** Moments at which faults strike. */
import { assert } from "@std/assert";
import type { Chance } from "./fault.ts";
import { delay, type RunUnderTest, type Training } from "./run_under_test.ts";

/** Longest wait after the run is seen to make progress, so that the blow falls anywhere in an iteration or a save. */
const LONGEST_WAIT_MILLISECONDS = 60;

/** Starts a process and waits for a random moment of its training, after `leastRows` rows of statistics. */
export async function untilRandomMoment(run: RunUnderTest, chance: Chance, leastRows = 0): Promise<Training> {
  const before = await run.rows(), training = await run.start();
  await run.progress(training, before, chance.between(leastRows, 8));
  await delay(chance.between(0, LONGEST_WAIT_MILLISECONDS));
  return training;
}

/** Trains until there are at least two checkpoints and some, and stops in order. */
export async function stopWithCheckpoints(run: RunUnderTest, chance: Chance): Promise<void> {
  for (let ended = false; !ended || (await run.checkpoints()).length < 2;) {
    const before = await run.rows(), training = await run.start();
    await run.progress(training, before, chance.between(4, 8));
    training.signal("SIGTERM");
    const { code, err } = await training.ending();
    assert(code === 0 || code === 143, err);
    ended = code === 0;
  }
}
