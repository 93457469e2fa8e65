/** How scenes come into training: augmentation, threads, and what the rows of statistics say of them. */
import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { writePack } from "../../data/formats/pack/pack.ts";
import { roomSource } from "../../data/rooms/mod.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { latestCheckpoint, readCheckpoint } from "../../run/checkpoint.ts";
import { trainLoop } from "../../train/loop.ts";
import { resolveOptions } from "../../run/options.ts";
import { prepareNewRun, prepareResume } from "../../train/prepare.ts";
import { readStatistics } from "../../run/statistics.ts";
import { statusLine } from "../../train/status_line.ts";
import { train } from "../../train/train.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const SHORT = {
  preset: "tiny",
  iterations: 6,
  refineIterations: 2,
  tick: 1,
  snapshot: 100,
  threads: 1,
  batch: 3,
} as const;

Deno.test("train: threads and a resume change nothing of an augmented run; without augmentation it is another", async () => {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 1 });
  const run = async (name: string, more: Record<string, unknown>, stopAt?: number) => {
    const values = { ...SHORT, out: folder.join(name), ...more };
    const options = resolveOptions([{ source: "test", values }]);
    const stop = new AbortController();
    await trainLoop(await prepareNewRun(options), backend, {
      signal: stop.signal,
      onTick: ({ step }) => step === stopAt && stop.abort(),
    });
    if (stopAt !== undefined) await trainLoop(await prepareResume(folder.join(name), []), backend);
    return (await readCheckpoint(await latestCheckpoint(folder.join(name, "checkpoints")))).tensors;
  };
  const augment = "flip-x,flip-z,rotate";
  const expected = await run("plain", { augment, loaderThreads: 0 });
  assertEquals(await run("threads", { augment, loaderThreads: 2 }), expected);
  assertEquals(await run("resumed", { augment: ["flip-x", "flip-z", "rotate"], loaderThreads: 1 }, 4), expected);
  assertNotEquals(await run("other", {}), expected);
  const rows = await readStatistics(folder.join("threads", "stats.jsonl"));
  for (const { loading } of rows) {
    assert(loading && loading.scenesPerSecond >= 0 && loading.waitedShare >= 0 && loading.waitedShare <= 1);
  }
  assert(rows[0].loading!.scenesPerSecond > 0); // the first batch is in no memory
});

Deno.test("train: a pack trains to the same weights as the rooms it was packed from", async () => {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 1 });
  const { grid, scenes, seed } = resolveOptions([{ source: "test", values: SHORT }]);
  await writePack(roomSource({ seed, grid, count: scenes }), folder.join("rooms.pack"));
  const tensors = [];
  for (const [name, data] of [["rooms", "rooms"], ["pack", folder.join("rooms.pack")]]) {
    const { root } = await train({ ...SHORT, priorIterations: 0, data, out: folder.join(name) }, { backend }); // rooms have labels
    tensors.push((await readCheckpoint(await latestCheckpoint(`${root}/checkpoints`))).tensors);
    assert((await Deno.readTextFile(folder.join(name, "trained_scenes.txt"))).length > 0);
  }
  assertEquals(tensors[0], tensors[1]);
  assertEquals(
    (await Deno.readTextFile(folder.join("rooms", "trained_scenes.txt"))).split("\n").sort(),
    (await Deno.readTextFile(folder.join("pack", "trained_scenes.txt"))).split("\n").sort(),
  );
});

Deno.test("train: turns by 90° are refused on a floor that is not square, before there is a run", async () => {
  await using folder = await TemporaryFolder.make();
  const values = { ...SHORT, grid: [32, 16, 16], augment: ["rotate"], device: "cpu", out: folder.join("run") } as const;
  await assertRejects(() => train(values), UserError, "the grid is 32x16x16");
  assertEquals([...Deno.readDirSync(folder.path)], []);
  assert(resolveOptions([{ source: "test", values: { augment: "" } }]).augment.length === 0);
  await assertRejects(() => train({ ...values, augment: ["flip-y" as "flip-x"] }), UserError, "augment");
});

Deno.test("statusLine: tells how fast scenes are read, and waiting only where there is some", () => {
  const row = { phase: "base", iteration: 1, step: 1, seconds: 1, losses: {}, iterationsPerSecond: 2, peakBytes: 0 };
  const line = (scenesPerSecond: number, waitedShare: number) =>
    statusLine({ ...row, loading: { scenesPerSecond, waitedShare } }, 10);
  assertEquals(line(0, 0.5), statusLine(row, 10)); // all scenes are in memory
  assertMatch(line(1234.5, 0.001), / {2}1235 scenes\/s$/);
  assertMatch(line(12.345, 0.256), / {2}12\.3 scenes\/s {2}waits 26 %$/);
});
