/** Disks that are full or not writable, files that are damaged or gone. */
import { assert, assertEquals } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import type { Chance, Fault } from "./fault.ts";
import { assertExplained, type Curve, delay, exists, type RunUnderTest } from "./run_under_test.ts";
import { stopWithCheckpoints, untilRandomMoment } from "./moments.ts";

/** Faults of the places that a run reads and writes. */
export const STORAGE_FAULTS: readonly Fault[] = [
  {
    name: "no room for a checkpoint",
    lacks: Deno.build.os === "windows" ? "ulimit" : null,
    async strike(run, chance, undisturbed) {
      const training = await run.start({ largestFileBytes: 1024 * chance.between(16, 64) });
      const ending = await training.ending();
      assertExplained(ending, "write");
      await run.verify(undisturbed, false);
      return "explained";
    },
  },
  {
    name: "folder of checkpoints not writable",
    lacks: await lacksProtection(),
    async strike(run, chance, undisturbed) {
      const training = await untilRandomMoment(run, chance), { checkpoints } = run.folder;
      if (!await exists(checkpoints)) {
        training.signal("SIGKILL");
        await training.ending();
        return "missed";
      }
      await protect(checkpoints, true);
      try {
        const ending = await training.ending();
        if (ending.code === 0) return "missed"; // it had just written its last one
        assertExplained(ending, checkpoints);
      } finally {
        await protect(checkpoints, false);
      }
      await run.verify(undisturbed, true); // what it had begun to write could not be removed either
      return "explained";
    },
  },
  damage("newest checkpoint: a flipped bit", async (path, chance) => {
    const bytes = await Deno.readFile(path);
    bytes[chance.between(0, bytes.length - 1)] ^= 1 << chance.between(0, 7);
    await Deno.writeFile(path, bytes);
  }),
  damage("newest checkpoint: truncated", async (path, chance) => {
    await Deno.truncate(path, chance.between(0, (await Deno.stat(path)).size - 1));
  }),
  {
    name: "newest checkpoint: deleted",
    lacks: null,
    async strike(run, chance, undisturbed) {
      await stopWithCheckpoints(run, chance);
      await Deno.remove((await run.checkpoints()).at(-1)!.path);
      await run.verify(undisturbed, false);
      return "killed";
    },
  },
  {
    name: "killed, last row of statistics torn",
    lacks: null,
    async strike(run, chance, undisturbed) {
      const training = await untilRandomMoment(run, chance);
      training.signal("SIGKILL");
      await training.ending();
      const rows = await run.curve(), newest = (await run.checkpoints()).at(-1)?.step ?? 0;
      // Rows up to a checkpoint are on the disk before it is; what comes after may be cut anywhere.
      if (rows.length === 0 || rows.at(-1)!.step <= newest) return "missed";
      const { statistics } = run.folder, { size } = await Deno.stat(statistics);
      await Deno.truncate(statistics, size - chance.between(1, 40));
      await run.verify(undisturbed, true);
      return "killed";
    },
  },
  {
    name: "a scene of the data deleted",
    lacks: null,
    async strike(run, chance, undisturbed) {
      await stopWithCheckpoints(run, chance);
      const scene = chance.of(await scenesOf(run.setting.data)), aside = `${scene}.aside`;
      await Deno.rename(scene, aside);
      try {
        assertExplained(await (await run.start()).ending(), basename(dirname(scene)), "manifest");
      } finally {
        await Deno.rename(aside, scene);
      }
      await run.verify(undisturbed, false);
      return "explained";
    },
  },
];

/** A fault that spoils the newest of several checkpoints; the run goes on as the error says. */
function damage(name: string, spoil: (path: string, chance: Chance) => Promise<void>): Fault {
  return {
    name,
    lacks: null,
    async strike(run, chance, undisturbed) {
      await stopWithCheckpoints(run, chance);
      const [before, newest] = (await run.checkpoints()).slice(-2);
      await spoil(newest.path, chance);
      const ending = await (await run.start()).ending();
      assertExplained(ending, newest.path);
      const advised = /--resume-step (\d+)/.exec(ending.err);
      assert(advised, ending.err);
      assertEquals(Number(advised[1]), before.step);
      await run.verify(undisturbed, false, newest.path);
      await goOnFrom(run, before.step, newest.path, undisturbed);
      return "explained";
    },
  };
}

/** Trains on from an older checkpoint until the damaged one has been written anew or removed, and stops in order. */
async function goOnFrom(run: RunUnderTest, step: number, damaged: string, undisturbed: Curve): Promise<void> {
  const timeOf = () => Deno.stat(damaged).then(({ mtime }) => mtime?.getTime(), () => null);
  const before = await timeOf(), training = await run.start({ fromStep: step });
  while (training.ended === null && await timeOf() === before) await delay(10);
  training.signal("SIGTERM");
  const { code, err } = await training.ending();
  assertEquals(code, 0, err);
  await run.verify(undisturbed, false);
}

async function scenesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await scenesOf(path));
    else if (name.endsWith(".npy")) found.push(path);
  }
  return found.sort();
}

/** Takes away or gives back the right to write into a folder; only the immutable flag stops root. */
async function protect(folder: string, on: boolean): Promise<void> {
  if (Deno.uid() !== 0) return await Deno.chmod(folder, on ? 0o555 : 0o755);
  const { success, stderr } = await new Deno.Command("chattr", { args: [on ? "+i" : "-i", folder] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function lacksProtection(): Promise<string | null> {
  if (Deno.build.os === "windows") return "POSIX permissions";
  const folder = await Deno.makeTempDir();
  try {
    await protect(folder, true);
    await protect(folder, false);
    return null;
  } catch {
    return "a user other than root, or a file system with chattr +i";
  } finally {
    await Deno.remove(folder);
  }
}
