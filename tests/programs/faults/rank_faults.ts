/**
 * Faults of runs on several ranks: one that is killed, a launcher that is told to stop, a disk that fills up on rank 0,
 * a cable between two hosts that is cut.
 */
import { assert, assertEquals } from "@std/assert";
import type { TwoHosts } from "../../helpers/two_hosts.ts";
import type { Fault } from "./fault.ts";
import { untilRandomMoment } from "./moments.ts";
import { delay, type RunUnderTest } from "./run_under_test.ts";
import { PATIENCE_SECONDS } from "./settings.ts";

/** How long a rank may outlive its launcher. */
const LAST_RANK_MS = 20_000;

/** See the file's comment. */
export const RANK_FAULTS: readonly Fault[] = [
  {
    name: "a rank killed",
    lacks: null,
    async strike(run, chance, undisturbed) {
      const training = await untilRandomMoment(run, chance), ranks = await processesOf(run);
      if (ranks.length > 0) kill(chance.of(ranks));
      const { code } = await training.ending();
      await allGone(run);
      await run.verify(undisturbed, code !== 0);
      return code === 0 ? "missed" : "killed";
    },
  },
  {
    name: "the launcher told to stop",
    lacks: null,
    async strike(run, chance, undisturbed) {
      const training = await untilRandomMoment(run, chance, 1);
      training.signal("SIGTERM");
      const { code } = await training.ending();
      await allGone(run);
      // Some launchers end with an error of their own after their ranks have saved and ended in order.
      await run.verify(undisturbed, code !== 0);
      const saved = (await run.checkpoints()).at(-1)?.step === (await run.curve()).at(-1)?.step;
      assert(code !== 0 || saved, "ended in order without a checkpoint");
      return saved ? "saved" : "killed";
    },
  },
  {
    name: "no room for a checkpoint",
    lacks: null,
    async strike(run, chance, undisturbed) {
      // Memory that ranks of MPICH share is a file too, and larger.
      const env = { UCX_TLS: "tcp,self" };
      const training = await run.start({ largestFileBytes: 1024 * chance.between(16, 64), env });
      const { code, err } = await training.ending(), lines = err.split("\n"); // among them the launcher's own
      assertEquals([code, lines.filter((line) => line.startsWith("error: cannot write")).length], [1, 1], err);
      await run.verify(undisturbed, true); // ranks end together: what was being written is left for the next to remove
      return "explained";
    },
  },
];

/** The fault of runs on these hosts. */
export function cutCable(hosts: TwoHosts): Fault {
  return {
    name: "the cable between two hosts cut",
    lacks: null,
    async strike(run, chance, undisturbed) {
      const training = await untilRandomMoment(run, chance, 1);
      await hosts.cut();
      await allGone(run, PATIENCE_SECONDS * 1000); // a rank on either side, by its own patience
      await hosts.mend(); // the launcher waits for the other host until then
      const { code, err } = await training.ending();
      await run.verify(undisturbed, code !== 0);
      if (code === 0) return "missed";
      const sentences = err.split("\n").filter((line) => line.startsWith("error: "));
      const expected = new RegExp(`^error: rank [01] has heard nothing from the other 1 for ${PATIENCE_SECONDS} s: `);
      assert(sentences.length > 0 && sentences.every((line) => expected.test(line)), err);
      return "explained";
    },
  };
}

/** Asserts that no rank is left behind; some launchers end a little before the last of them. */
async function allGone(run: RunUnderTest, patienceMs = 0): Promise<void> {
  const deadline = performance.now() + patienceMs + LAST_RANK_MS;
  while ((await processesOf(run)).length > 0 && performance.now() < deadline) await delay(50);
  assertEquals(await processesOf(run), [], "ranks that are left behind");
}

/** Processes of the ranks of a run. */
async function processesOf(run: RunUnderTest): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "")).split("\0");
    if (words[0] === Deno.execPath() && words.includes(run.folder.root)) found.push(Number(name));
  }
  return found;
}

function kill(process: number): void {
  try {
    Deno.kill(process, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // it ended meanwhile
  }
}
