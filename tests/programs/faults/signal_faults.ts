/** Signals at random moments: those that ask, and the one that does not. */
import { assert, assertEquals } from "@std/assert";
import { type Fault, type Outcome } from "./fault.ts";
import { untilRandomMoment } from "./moments.ts";
import { delay, type RunUnderTest, type Training } from "./run_under_test.ts";

/** SIGKILL, SIGTERM, SIGINT, and SIGINT twice. */
export const SIGNAL_FAULTS: readonly Fault[] = [
  {
    name: "SIGKILL",
    lacks: null,
    async strike(run, chance, undisturbed) {
      const training = await untilRandomMoment(run, chance);
      training.signal("SIGKILL");
      const { code } = await training.ending();
      await run.verify(undisturbed, code !== 0);
      return code === 0 ? "missed" : "killed";
    },
  },
  ...(["SIGTERM", "SIGINT"] as const).map((name): Fault => ({
    name,
    lacks: null,
    async strike(run, chance, undisturbed) {
      const training = await untilRandomMoment(run, chance);
      training.signal(name);
      return await afterRequest(run, training, undisturbed);
    },
  })),
  {
    name: "SIGINT twice",
    lacks: null,
    async strike(run, chance, undisturbed) {
      const training = await untilRandomMoment(run, chance);
      training.signal("SIGINT");
      await delay(chance.between(0, 5));
      training.signal("SIGINT");
      const { code, err } = await training.ending();
      assert(code === 0 || code === 130, `exit code ${code}: ${err}`);
      await run.verify(undisturbed, code !== 0);
      return code === 0 ? "saved" : "killed";
    },
  },
];

/** Before its handlers are in place a process dies of the signal; afterwards it saves the iteration it was in. */
async function afterRequest(
  run: RunUnderTest,
  training: Training,
  undisturbed: Parameters<Fault["strike"]>[2],
): Promise<Outcome> {
  const { code, err } = await training.ending();
  assert(code === 0 || code === 130 || code === 143, `exit code ${code}: ${err}`);
  await run.verify(undisturbed, code !== 0);
  if (code !== 0) return "killed";
  assertEquals((await run.checkpoints()).at(-1)?.step, (await run.curve()).at(-1)?.step);
  return "saved";
}
