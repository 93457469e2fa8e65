/** Signals at random moments: those that ask, and the one that does not. */
import { assert, assertEquals } from "@std/assert";
import { type Fault, type Outcome } from "./fault.ts";
import { untilRandomMoment } from "./moments.ts";
import { assertExplained, delay, type RunUnderTest, type Training } from "./run_under_test.ts";

/** SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGINT twice, and an output that is closed. */
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
  ...(["SIGTERM", "SIGINT", "SIGHUP"] as const).map((name): Fault => ({
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
  {
    name: "standard output closed",
    lacks: null,
    async strike(run, chance, undisturbed) {
      const training = await untilRandomMoment(run, chance, 1);
      await training.closeOutput();
      const ending = await training.ending();
      if (ending.code === 0) return "missed"; // it had nothing more to say
      assertExplained(ending, "standard output", "--resume");
      await run.verify(undisturbed, false);
      assertEquals((await run.checkpoints()).at(-1)?.step, (await run.curve()).at(-1)?.step);
      return "saved";
    },
  },
  {
    name: "a second process in the run",
    lacks: null,
    async strike(run, chance, undisturbed) {
      const training = await untilRandomMoment(run, chance, 1);
      const second = await (await run.start()).ending();
      if (training.ended !== null || second.code === 0) return "missed"; // the first was done before the second came
      assertExplained(second, run.folder.root, "another process");
      training.signal("SIGTERM");
      const { code, err } = await training.ending();
      assertEquals(code, 0, err);
      await run.verify(undisturbed, false);
      return "explained";
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
  assert([0, 129, 130, 143].includes(code), `exit code ${code}: ${err}`);
  await run.verify(undisturbed, code !== 0);
  if (code !== 0) return "killed";
  assertEquals((await run.checkpoints()).at(-1)?.step, (await run.curve()).at(-1)?.step);
  return "saved";
}
