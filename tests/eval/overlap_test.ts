import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { writePack } from "../../data/formats/pack/pack.ts";
import { roomSource } from "../../data/rooms/mod.ts";
import { readTrainedScenes } from "../../data/scenes/trained_scenes.ts";
import { writeScenes } from "../../data/scenes/write_scenes.ts";
import { evaluateRun } from "../../eval/evaluate.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { train } from "../../train/train.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const GRID = [16, 16, 16] as const;

Deno.test("evaluateRun: refuses scenes that the run was trained on, whatever file they come in, unless told", async () => {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 1 });
  using trained = roomSource({ seed: 1, grid: GRID, count: 6 });
  using others = roomSource({ seed: 2, grid: GRID, count: 4 });
  await writeScenes(trained, folder.join("scenes"));
  await writePack(trained, folder.join("same.pack"));
  await writePack(others, folder.join("others.pack"));
  await writeScenes(others, folder.join("others"));
  const options = { preset: "tiny", grid: GRID, iterations: 8, refineIterations: 0, batch: 2 } as const;
  const { root } = await train({ ...options, data: folder.join("scenes"), out: folder.join("run") }, { backend });
  const record = await readTrainedScenes(folder.join("run", "trained_scenes.txt"));
  assertEquals(record?.size, 5); // the sixth was held out
  const evaluate = (more: { data?: string; allowOverlap?: boolean }) =>
    evaluateRun({ root, backend, count: 200, threads: 1, out: folder.join("out"), ...more });
  for (const data of ["same.pack", "scenes"]) {
    const error = await assertRejects(() => evaluate({ data: folder.join(data) }), UserError);
    assertStringIncludes(error.message, "5 of the 6 scenes to test on are");
    assertStringIncludes(error.message, "among the 5 that the run was trained on");
    assertStringIncludes(error.message, "--allow-overlap");
  }
  const told = await evaluate({ data: folder.join("same.pack"), allowOverlap: true });
  assertStringIncludes(told.summary, "same.pack (the run was trained on 5 of them)");
  const unseen: string[] = [];
  for (const data of ["others", "others.pack"]) {
    const { summary } = await evaluate({ data: folder.join(data) });
    assert(!summary.includes("was trained on"), summary);
    unseen.push(summary.split("\n").slice(1).join("\n"));
  }
  assertEquals(unseen[0], unseen[1]); // packed or loose, the same scenes
  assertStringIncludes((await evaluate({})).summary, "1 held-out scenes,");
  await Deno.remove(folder.join("run", "trained_scenes.txt"));
  assertStringIncludes((await evaluate({ data: folder.join("scenes") })).summary, "the run has no record");
});
