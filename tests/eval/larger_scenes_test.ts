/** Scenes larger than a run's grid: new ones, their seams, and given ones that go on. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { parseCsv } from "../../base/csv.ts";
import { type Grid, voxelCount } from "../../data/grid.ts";
import { readNpy, writeNpy } from "../../data/formats/npy.ts";
import { grownGrid } from "../../data/scenes/growth.ts";
import { makeHomeCrop, makeWholeHome } from "../../data/rooms/mod.ts";
import { EXTEND, extendScene, growthOf } from "../../eval/modes/extend.ts";
import { GENERATE } from "../../eval/modes/generate/generate.ts";
import { cropsPerScene, largerCount } from "../../eval/modes/generate/larger.ts";
import {
  movedScenes,
  randomCrops,
  roomyGrid,
  seamAccuracy,
  seamCrops,
  seamPlaces,
} from "../../eval/metrics/generation/seams.ts";
import { grownScene, newScene, reconstructedScene } from "../../eval/larger_scenes.ts";
import { Run } from "../../eval/run.ts";
import { NO_SCENES } from "../../eval/unseen_scenes.ts";
import { openWorkspace } from "../../eval/workspace.ts";
import { windowOf } from "../../nn/canvas.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { train } from "../../train/train.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const GRID: Grid = [32, 16, 32], SIZE: Grid = [64, 16, 48];

/** Trains a small run on crops of homes in `folder/run`. */
async function withRun(
  body: (folder: TemporaryFolder, run: Run, backend: Backend) => Promise<void>,
  grid: Grid = GRID,
): Promise<void> {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const before = heldBytes(backend);
  const options = {
    preset: "tiny",
    data: "homes",
    grid,
    iterations: 2,
    refineIterations: 0,
    scenes: 12,
  } as const;
  const { root } = await train({ ...options, out: folder.join("run") }, { backend });
  {
    using run = await Run.open(root, { backend });
    await body(folder, run, backend);
  }
  assertNothingHeld(backend, before);
}

Deno.test("newScene, reconstructedScene: given by seed, index and request, or by a scene; what a run cannot make is refused in a sentence", () =>
  withRun(async (folder, run, backend) => {
    const scene = newScene(run, SIZE, 3, 1);
    assertEquals(scene.length, voxelCount(SIZE));
    assert(scene.every((label) => label < 12));
    assertEquals(newScene(run, SIZE, 3, 1), scene);
    assertNotEquals(newScene(run, SIZE, 3, 0), scene);
    assertNotEquals(newScene(run, SIZE, 4, 1), scene);
    const crop = makeHomeCrop(GRID, 0, 1);
    assertEquals(reconstructedScene(run, { labels: crop, grid: GRID }), run.reconstruct(crop, 1).plain.labels);
    assertThrows(() => newScene(run, [64, 16, 40], 0), UserError, "multiple of 16");
    assertThrows(() => newScene(run, [16, 16, 64], 0), UserError, "smaller than this run's 32x16x32");
    assertThrows(() => newScene(run, [16_000, 160, 16_000], 0), UserError, "choose a smaller size");
    assertThrows(() => newScene(run, SIZE, 0, 0, { prior: "none" }), UserError, "only a flow prior");
    assertThrows(() => newScene(run, SIZE, 0, 0, { with: ["cat"] }), UserError, "no class");
    using batch = await Run.open(run.root, { backend, statistics: "batch" });
    assertThrows(() => newScene(batch, SIZE, 0), UserError, "--bn running");
    const options = { preset: "tiny", generator: "dense", iterations: 1, refineIterations: 0 } as const;
    const { root } = await train({ ...options, out: folder.join("dense") }, { backend });
    using dense = await Run.open(root, { backend });
    assertThrows(() => newScene(dense, [32, 16, 16], 0), UserError, "--generator conv");
  }));

Deno.test("grownScene: what was given stays to the voxel, the rest differs by seed and index", () =>
  withRun(async (_folder, run) => {
    const { grid, labels } = makeWholeHome(GRID, 0, 1);
    for (const given of [{ grid: GRID, labels: makeHomeCrop(GRID, 0, 1) }, { grid, labels }]) {
      const growth = { before: [0, 0, 16], after: [32, 0, 0] } as const, size = grownGrid(given.grid, growth);
      const kept = (scene: Uint8Array) => windowOf(scene, size, given.grid, growth.before);
      const scenes = [
        grownScene(run, given, growth, 1),
        grownScene(run, given, growth, 1, 1),
        grownScene(run, given, growth, 2),
      ];
      for (const scene of scenes) assertEquals(kept(scene), given.labels);
      assertNotEquals(scenes[0], scenes[1]);
      assertNotEquals(scenes[0], scenes[2]);
      assertEquals(grownScene(run, given, growth, 1), scenes[0]);
    }
    const bad = { grid: GRID, labels: new Uint8Array(voxelCount(GRID)).fill(12) };
    const growth = growthOf("+x", 16);
    assertThrows(() => grownScene(run, bad, growth, 0), UserError, "given scene");
    assertThrows(
      () => grownScene(run, { ...bad, grid: [32, 16, 16] }, growth, 0),
      UserError,
      "the given scene 16384",
    );
    const room = { grid: GRID, labels: new Uint8Array(voxelCount(GRID)) };
    const halves = { before: [8, 0, 0], after: [8, 0, 0] } as const;
    assertThrows(() => grownScene(run, room, halves, 0), UserError, "growth of [8,0,0] before");
    const back = { before: [-16, 0, 0], after: [32, 0, 0] } as const;
    assertThrows(() => grownScene(run, room, back, 0), UserError, "growth of [-16,0,0] before");
    const thin = { grid: [24, 16, 32], labels: new Uint8Array(24 * 16 * 32) } as const;
    assertThrows(() => grownScene(run, thin, { before: [0, 0, 0], after: [8, 0, 0] }, 0), UserError, "multiple of 16");
    await Promise.resolve();
  }));

Deno.test("growthOf: sides and lengths, and what is neither", () => {
  assertEquals(growthOf("+x", 32), { before: [0, 0, 0], after: [32, 0, 0] });
  assertEquals(growthOf("-x, +z,-z", 16), { before: [16, 0, 16], after: [0, 0, 16] });
  for (const side of ["x", "+y", "", "+x,", "+x;+z"]) assertThrows(() => growthOf(side, 16), UserError, "sides are +x");
  for (const by of [0, -16, 20]) assertThrows(() => growthOf("+x", by), UserError, "multiple of 16");
});

Deno.test("seamPlaces, seamCrops, randomCrops: windows inside, cells between them on borders, or half cells", () => {
  assertEquals(seamPlaces(160, 80), { inside: [32, 64], borders: [16, 48] });
  assertEquals(seamPlaces(64, 32), { inside: [16], borders: [8, 24] });
  assertEquals([seamPlaces(48, 32), seamPlaces(32, 32)], [
    { inside: [0, 16], borders: [8] },
    { inside: [0], borders: [0] },
  ]);
  // A voxel tells its place along x, so a crop tells where it begins.
  const size: Grid = [64, 16, 32], scene = new Uint8Array(voxelCount(size));
  scene.forEach((_, voxel) => scene[voxel] = Math.floor(voxel / (16 * 32)));
  const options = { size, crop: GRID, perScene: 20, seed: 1 };
  const { inside, borders } = seamCrops([scene, scene], options);
  assertEquals([inside.length, borders.length, inside[0].length], [40, 40, voxelCount(GRID)]);
  assertEquals([new Set(inside.map(([x]) => x)), new Set(borders.map(([x]) => x))], [new Set([16]), new Set([8, 24])]);
  const places = randomCrops([scene, scene], options).map(([x]) => x);
  assert(new Set(places).size > 15 && Math.max(...places) <= 32, `${places}`);
});

Deno.test("roomyGrid, movedScenes: a cell of room on axes with several windows, cut at any voxel", () => {
  const size: Grid = [64, 16, 32], roomy = roomyGrid({ size, crop: GRID });
  assertEquals(roomy, [80, 16, 32]);
  // A voxel tells its place along x.
  const scene = Uint8Array.from({ length: voxelCount(roomy) }, (_, voxel) => Math.floor(voxel / (16 * 32)));
  const moved = movedScenes(new Array(60).fill(scene), { size, crop: GRID, seed: 1 });
  const places = moved.map(([x]) => x);
  assert(moved.every((each) => each.length === voxelCount(size) && each.at(-1) === each[0] + size[0] - 1));
  assert(new Set(places).size > 12 && Math.max(...places) < 16, `${places}`);
});

Deno.test("seamAccuracy: near a half where nothing shows, near one where a seam does", async () => {
  using backend = await openBackend("cpu", { threads: 2 });
  const before = heldBytes(backend);
  const size: Grid = [32, 16, 16], crop: Grid = [16, 16, 16], options = { size, crop, perScene: 1, seed: 2 };
  const classifier = { classes: 12, backend, seed: 0 };
  const scene = (seam: boolean) => (index: number) => {
    const labels = new Uint8Array(voxelCount(size)), home = makeHomeCrop(crop, 1, index), slice = 16 * 16;
    for (const start of [0, home.length]) labels.set(home, start);
    if (seam) labels.fill(10, 16 * slice, 17 * slice);
    return labels;
  };
  const scenes = (seam: boolean) => Array.from({ length: 24 }, (_, index) => scene(seam)(index));
  assert(seamAccuracy(scenes(true), options, classifier).value > 0.9);
  const empty = Array.from({ length: 24 }, () => new Uint8Array(voxelCount(size)));
  assertEquals(seamAccuracy(empty, options, classifier).value, 0.5);
  assertNothingHeld(backend, before);
});

Deno.test("eval --mode generate --size: scenes, measures of crops, seams; done once", () =>
  withRun(async (folder, run) => {
    const said: string[] = [], out = folder.join("out");
    const workspace = await openWorkspace(run, { out, batch: 4, threads: 1, say: (line) => said.push(line) });
    const call = { workspace, scenes: NO_SCENES, flags: { size: "32x16x16", count: 3, seed: 5 }, others: [] };
    assertEquals([cropsPerScene(SIZE, GRID), largerCount(SIZE, GRID)], [2, 100]);
    const size: Grid = [32, 16, 16];
    const text = await GENERATE.work(call as unknown as Parameters<typeof GENERATE.work>[0]);
    assertStringIncludes(text, "3 scenes of 32x16x16");
    assertStringIncludes(text, "moved, through both");
    const { data, shape, dtype } = await readNpy(`${out}/larger.npy`);
    assertEquals([shape, dtype], [[3, ...size], "uint8"]);
    assertEquals((data as Uint8Array).slice(2 * voxelCount(size)), newScene(run, size, 5, 2));
    const [, ...seams] = parseCsv(await Deno.readTextFile(`${out}/larger_seams.csv`), "larger_seams.csv");
    assertEquals(seams.map(([name, , , , count]) => [name, count]), [
      ["new scenes", "6"],
      ["through encoder and generator", "6"],
      ["moved, through both", "6"],
    ]);
    assert(seams.every(([, value]) => Number(value) >= 0 && Number(value) <= 1));
    const measures = JSON.parse(await Deno.readTextFile(`${out}/generation_metrics.json`));
    assertEquals(measures.sets.at(-1).name, "crops");
    assertEquals(said, []);
    assertStringIncludes(await GENERATE.work(call as unknown as Parameters<typeof GENERATE.work>[0]), "already");
    assertEquals(said, ["The scenes were generated already and stay as they are."]);
    const work = (flags: Record<string, unknown>) =>
      GENERATE.work({ ...call, flags } as unknown as Parameters<typeof GENERATE.work>[0]);
    await assertRejects(() => work({ size: "64x16", count: 1 }), UserError, "expected three numbers");
    await assertRejects(() => work({ size: "64x16x48", truncation: 1 }), UserError, "--truncation is of no use");
    await assertRejects(() => work({ size: "64x16x48", count: 1_000_000 }), UserError, "choose fewer (--count)");
  }, [16, 16, 16]));

Deno.test("eval --mode extend: a file of any size goes on, its voxels as they were; done once", () =>
  withRun(async (folder, run) => {
    const said: string[] = [], out = folder.join("out"), path = folder.join("home.npy");
    const { grid, labels } = makeWholeHome(GRID, 0, 1);
    await writeNpy(path, { dtype: "uint8", shape: [...grid], data: labels });
    const workspace = await openWorkspace(run, { out, batch: 4, threads: 1, say: (line) => said.push(line) });
    const flags = { scene: path, side: "-x,+z", by: 16, count: 2, seed: 1 };
    const call = { workspace, scenes: NO_SCENES, flags, others: [] };
    const text = await EXTEND.work(call as unknown as Parameters<typeof EXTEND.work>[0]);
    const size = [grid[0] + 16, grid[1], grid[2] + 16] as const;
    assertStringIncludes(text, `2 scenes of ${size.join("x")}, the given ${grid.join("x")} untouched`);
    const { data, shape } = await readNpy(`${out}/extend.npy`);
    assertEquals(shape, [2, ...size]);
    for (const index of [0, 1]) {
      const scene = (data as Uint8Array).slice(index * voxelCount(size), (index + 1) * voxelCount(size));
      assertEquals(windowOf(scene, size, grid, [16, 0, 0]), labels);
    }
    assert((await Deno.stat(`${out}/extend.png`)).size > 1000);
    assertEquals(await extendScene(workspace, { grid, labels }, { side: "-x,+z", by: 16, count: 2, seed: 1 }), "");
    assertEquals(said, ["The scenes that go on were finished already and stay as they are."]);
    const many = { ...call, flags: { ...flags, count: 1_000_000 } } as unknown as Parameters<typeof EXTEND.work>[0];
    await assertRejects(() => EXTEND.work(many), UserError, "choose fewer (--count)");
  }));
