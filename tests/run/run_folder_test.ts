import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { writeCheckpoint } from "../../run/checkpoint.ts";
import { resolveOptions } from "../../run/options.ts";
import {
  createRunFolder,
  evaluationFolder,
  evaluationFolders,
  newestRun,
  openRunFolder,
  readRunOptions,
  runFolder,
} from "../../run/run_folder.ts";
import { inFolder } from "../helpers/temporary_folder.ts";

const optionsOf = (out: string) => resolveOptions([{ source: "test", values: { preset: "tiny", out, keep: 9 } }]);

Deno.test("createRunFolder: makes --out, which may exist but not hold anything", () =>
  inFolder(async (parent) => {
    const out = join(parent, "a", "b");
    {
      using made = await createRunFolder(optionsOf(out));
      assertEquals([made.root, made.options], [out, join(out, "options.json")]);
    }
    assertEquals((await readRunOptions(out)).keep, 9);
    await assertRejects(() => createRunFolder(optionsOf(out)), UserError, `${out} is not empty`);
    await Deno.mkdir(join(parent, "empty"));
    using _empty = await createRunFolder(optionsOf(join(parent, "empty")));
    await Deno.writeTextFile(join(parent, "file"), "");
    await assertRejects(() => createRunFolder(optionsOf(join(parent, "file"))), UserError, "cannot write");
  }));

Deno.test("createRunFolder: without --out the time and the preset name it, twice in a second too", () =>
  inFolder(async (parent) => {
    const { out: _, ...options } = optionsOf("-");
    const now = new Date(2026, 0, 31, 23, 5, 9);
    using first = await createRunFolder(options, now, parent);
    using second = await createRunFolder(options, now, parent);
    assertEquals([first.root, second.root], [
      join(parent, "2026-01-31-230509-tiny"),
      join(parent, "2026-01-31-230509-tiny-2"),
    ]);
  }));

Deno.test("openRunFolder: refuses other folders and removes what a killed process left", () =>
  inFolder(async (parent) => {
    await assertRejects(() => openRunFolder(parent), UserError, "is no run folder");
    await assertRejects(() => openRunFolder(join(parent, "none")), UserError, "is no run folder");
    const { root, checkpoints } = runFolder(join(parent, "run"));
    {
      using _made = await createRunFolder(optionsOf(root));
    }
    await Deno.mkdir(checkpoints);
    await Deno.writeTextFile(join(checkpoints, "step-000001.safetensors.1.partial"), "half");
    using opened = await openRunFolder(root);
    assertEquals({ ...opened, [Symbol.dispose]: undefined }, { ...runFolder(root), [Symbol.dispose]: undefined });
    assertEquals(await Array.fromAsync(Deno.readDir(checkpoints)), []);
  }));

Deno.test("openRunFolder, createRunFolder: one at a time has a run, and who is refused touches nothing", () =>
  inFolder(async (parent) => {
    const { root, samples } = runFolder(join(parent, "run")), half = join(samples, "step-000001.png.1.partial");
    {
      using _first = await createRunFolder(optionsOf(root));
      await Deno.mkdir(samples);
      await Deno.writeTextFile(half, "of the first");
      await assertRejects(() => openRunFolder(root), UserError, `${root} is being written by another process`);
      assertEquals(await Deno.readTextFile(half), "of the first");
    }
    {
      using _second = await openRunFolder(root);
      await assertRejects(() => openRunFolder(root), UserError, "another process");
    }
    using _third = await openRunFolder(root); // the file of the lock is there still, and locks nothing
  }));

Deno.test("newestRun: the run whose newest checkpoint was written last", () =>
  inFolder(async (parent) => {
    assertEquals(await newestRun(parent), null);
    for (const [name, seconds] of [["old", 1000], ["new", 3000], ["middle", 2000]] as const) {
      using folder = await createRunFolder(optionsOf(join(parent, name)));
      const { root, checkpoints } = folder;
      const options = await readRunOptions(root);
      const path = await writeCheckpoint(checkpoints, {
        step: 1,
        phase: "base",
        iteration: 1,
        options,
        tensors: new Map(),
      });
      await Deno.utime(path, seconds, seconds);
    }
    using _without = await createRunFolder(optionsOf(join(parent, "without-checkpoint")));
    assertEquals(await newestRun(parent), join(parent, "new"));
  }));

Deno.test("evaluationFolders: by steps and not by letters, the newest first; other folders are passed over", () =>
  inFolder(async (root) => {
    assertEquals(await evaluationFolders(root), []);
    for (const step of [900, 1_000_000, 50_000]) await Deno.mkdir(evaluationFolder(root, step), { recursive: true });
    await Deno.mkdir(join(root, "evaluation", "by-hand"));
    assertEquals(await evaluationFolders(root), [1_000_000, 50_000, 900].map((step) => evaluationFolder(root, step)));
  }));
