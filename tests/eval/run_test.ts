/** A trained run at work, from code and through `deno task eval`. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { CLASS_NAMES } from "../../data/classes.ts";
import { roomSource } from "../../data/rooms/mod.ts";
import { readNpy, writeNpy } from "../../data/formats/npy.ts";
import { evaluateRun } from "../../eval/evaluate.ts";
import { type DecodedRooms, Run } from "../../eval/run.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { type NewRunOptions, train } from "../../train/train.ts";
import { assertNothingHeld, heldBytes } from "../helpers/held_bytes.ts";
import { runTask } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

/** Two cells along depth, so that codes have a shape worth looking at. */
const GRID = [32, 16, 16] as const;
const VOXELS = 32 * 16 * 16;
const LATENT = 4;
const CODE = 2 * 1 * 1 * LATENT;

/** Trains a small run into `folder/run` and gives an engine to the test, which must hold nothing afterwards. */
async function withRun(
  values: NewRunOptions,
  body: (folder: TemporaryFolder, root: string, backend: Backend) => Promise<void>,
): Promise<void> {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const before = heldBytes(backend);
  const options: NewRunOptions = { preset: "tiny", grid: GRID, scenes: 40, out: folder.join("run"), ...values };
  const { root } = await train(options, { backend });
  await body(folder, root, backend);
  assertNothingHeld(backend, before);
}

/** The first `n` rooms of a seed, one behind the other. */
async function rooms(n: number): Promise<Uint8Array> {
  using source = roomSource({ seed: 5, grid: [...GRID], count: n });
  const all = new Uint8Array(n * VOXELS);
  for (let i = 0; i < n; i++) all.set(await source.read(i), i * VOXELS);
  return all;
}

/** Labels 0..11 that are the likeliest classes of probabilities that add up to 1. */
function assertRooms({ labels, probabilities }: DecodedRooms, n: number): void {
  assertEquals([labels.length, probabilities.length], [n * VOXELS, n * VOXELS * 12]);
  labels.forEach((label, voxel) => {
    const row = probabilities.subarray(12 * voxel, 12 * voxel + 12);
    const sum = row.reduce((total, p) => total + p, 0);
    assert(Math.abs(sum - 1) < 1e-5, `voxel ${voxel}: probabilities add up to ${sum}`);
    assertEquals(row.findIndex((p) => p === Math.max(...row)), label);
  });
}

Deno.test("Run: encode, decode, reconstruct and generate give the documented shapes, the same every time", () =>
  withRun({}, async (_folder, root, backend) => {
    const labels = await rooms(3);
    using run = await Run.open(root, { backend });
    assertEquals([run.step, run.refines, run.codeSize, run.voxels], [8, true, CODE, VOXELS]);
    assertEquals(run.config.grid, GRID as unknown as typeof run.config.grid);

    const codes = run.encode(labels, 3);
    assertEquals(codes.length, 3 * CODE);
    assert(codes.every(Number.isFinite));
    const decoded = run.decode(codes, 3);
    assertRooms(decoded.plain, 3);
    assert(decoded.refined);
    assertRooms(decoded.refined, 3);
    assertNotEquals(decoded.refined.probabilities, decoded.plain.probabilities);
    assertEquals(run.reconstruct(labels, 3), decoded);
    assertEquals(run.decode(codes, 3, false), { plain: decoded.plain, refined: null });
    assertRooms(run.generate(2, 7).plain, 2);

    using again = await Run.open(root, { backend });
    assertEquals(again.encode(labels, 3), codes);
    assertEquals(again.decode(codes, 3), decoded);

    // With the statistics kept while training, a room does not depend on the rooms beside it.
    const alone = run.encode(labels.subarray(VOXELS, 2 * VOXELS), 1);
    assertEquals(alone, codes.slice(CODE, 2 * CODE));
    // With the batch's own it does, which is the original's way.
    using batch = await Run.open(root, { backend, statistics: "batch" });
    assertNotEquals(
      batch.encode(labels, 3).slice(0, CODE),
      batch.encode(labels.subarray(0, 2 * VOXELS), 2).slice(0, CODE),
    );
  }));

Deno.test("Run.generate: room i of a seed is the same however many there are, and another for another seed", () =>
  withRun({}, async (_folder, root, backend) => {
    using run = await Run.open(root, { backend });
    const four = run.generate(4, 9), two = run.generate(2, 9);
    for (const stage of ["plain", "refined"] as const) {
      assertEquals(two[stage]!.labels, four[stage]!.labels.slice(0, 2 * VOXELS));
      assertEquals(two[stage]!.probabilities, four[stage]!.probabilities.slice(0, 2 * VOXELS * 12));
    }
    assertEquals(run.sampleCodes(1, 9, 3), run.sampleCodes(4, 9).slice(3 * CODE));
    assertNotEquals(run.sampleCodes(1, 9), run.sampleCodes(1, 10));
    assertEquals(run.sampleNoise(1, 9, 3), run.sampleNoise(4, 9).slice(3 * CODE));
    const codes = run.sampleNoise(2000, 0);
    const mean = codes.reduce((sum, value) => sum + value, 0) / codes.length;
    const variance = codes.reduce((sum, value) => sum + (value - mean) ** 2, 0) / codes.length;
    assert(Math.abs(mean) < 0.05 && Math.abs(variance - 1) < 0.05, `mean ${mean}, variance ${variance}`);
  }));

Deno.test("Run: sizes that do not fit are named, an earlier checkpoint can be opened", () =>
  withRun({}, async (_folder, root, backend) => {
    using run = await Run.open(root, { backend, step: 4 });
    assertEquals([run.step, run.refines], [4, false]);
    assertEquals(run.generate(1, 0).refined, null);
    assertThrows(() => run.encode(new Uint8Array(VOXELS), 2), UserError, `2 x ${VOXELS} numbers, found ${VOXELS}`);
    assertThrows(() => run.decode(new Float32Array(7), 1), UserError, `1 x ${CODE} numbers, found 7`);
    for (const n of [0, -1, 1.5]) assertThrows(() => run.generate(n, 0), UserError, `${n} rooms`);
    assertThrows(() => run.encode(new Uint8Array(0), 0), UserError, "0 rooms");
    const label12 = new Uint8Array(VOXELS).fill(12, VOXELS - 1);
    assertThrows(() => run.encode(label12, 1), UserError, "label 12");
    await assertRejects(() => Run.open(root, { backend, step: 5 }), UserError, "4, 6, 8");
  }));

/** Runs `deno task eval` on `folder/run` and expects it to succeed; what it printed. */
async function evaluate(folder: TemporaryFolder, args: string): Promise<string> {
  const line = ["--run", "run", "--threads", "2", ...args.split(" ")];
  const { code, out, err } = await runTask("eval", line, { cwd: folder.path });
  assertEquals([code, err], [0, ""]);
  return out;
}

/** Type, shape and whether the labels are classes, of the npy files of a folder. */
async function arraysIn(folder: string): Promise<Record<string, [string, readonly number[]]>> {
  const arrays: Record<string, [string, readonly number[]]> = {};
  for (const name of (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort()) {
    if (!name.endsWith(".npy")) continue;
    const { dtype, shape, data } = await readNpy(`${folder}/${name}`);
    arrays[name] = [dtype, shape];
    for (const value of data) assert(dtype === "int64" ? value >= 0n && value <= 11n : Number.isFinite(value), name);
  }
  return arrays;
}

async function otherFilesIn(folder: string): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  return names.filter((name) => !name.endsWith(".npy")).sort();
}

Deno.test("deno task eval: the reference's files with its types and shapes, tables of 13 rows, a summary", () =>
  withRun({}, async (folder) => {
    const labels = ["int64", [5, ...GRID]] as [string, number[]];
    const codes = ["float32", [5, 2, 1, 1, LATENT]] as [string, number[]];

    const recons = await evaluate(folder, "--count 5 --batch 2 --out recons");
    assertEquals(await arraysIn(folder.join("recons")), {
      "decode_z.npy": codes,
      "real.npy": labels,
      "recons.npy": labels,
      "recons_refine.npy": labels,
    });
    assertEquals(await otherFilesIn(folder.join("recons")), [
      "AP.csv",
      "AP_refine.csv",
      "IoU.csv",
      "IoU_refine.csv",
      "evaluation.json",
      "reconstructions.png",
      "summary.txt",
    ]);
    for (const name of ["AP.csv", "AP_refine.csv", "IoU.csv", "IoU_refine.csv"]) {
      const [, ...rows] = (await Deno.readTextFile(folder.join("recons", name))).trim().split("\n");
      assertEquals(rows.map((row) => row.split(",")[0]), [...CLASS_NAMES, "all"]);
    }
    assertStringIncludes(recons, await Deno.readTextFile(folder.join("recons/summary.txt")));
    for (const part of ["Step 8", "reconstruction, 5 scenes", "refined, 5 scenes", "running statistics"]) {
      assertStringIncludes(recons, part);
    }

    await evaluate(folder, "--mode generate --count 5 --batch 3 --seed 2 --out rooms");
    assertEquals(await arraysIn(folder.join("rooms")), {
      "generate.npy": labels,
      "generate_refine.npy": labels,
      "sample_z.npy": codes,
    });
    using run = await Run.open(folder.join("run"), { threads: 1, device: "cpu" });
    const { plain, refined } = run.generate(5, 2);
    const written = async (name: string) => Uint8Array.from((await readNpy(folder.join("rooms", name))).data, Number);
    assertEquals(await written("generate.npy"), plain.labels);
    assertEquals(await written("generate_refine.npy"), refined!.labels);
    assertEquals((await readNpy(folder.join("rooms/sample_z.npy"))).data, run.sampleCodes(5, 2));
  }));

Deno.test("deno task eval: a run without refiner says so and leaves its files out; --bn batch is the original's way", () =>
  withRun({ refineIterations: 0 }, async (folder) => {
    const message = "The refiner of this run was not trained: no *_refine files.";
    const running = await evaluate(folder, "--count 4 --batch 4 --out running");
    const batch = await evaluate(folder, "--count 4 --batch 4 --bn batch --out batch");
    assertStringIncludes(running, message);
    assertStringIncludes(batch, "batch norm with batch statistics");
    for (const out of ["running", "batch"]) {
      assertEquals(Object.keys(await arraysIn(folder.join(out))), ["decode_z.npy", "real.npy", "recons.npy"]);
      const files = await otherFilesIn(folder.join(out));
      assertEquals(files, ["AP.csv", "IoU.csv", "evaluation.json", "reconstructions.png", "summary.txt"]);
    }
    const codes = async (out: string) => (await readNpy(folder.join(out, "decode_z.npy"))).data;
    assertNotEquals(await codes("batch"), await codes("running"));
    assertStringIncludes(await evaluate(folder, "--mode generate --count 2 --out rooms"), message);
    assertEquals(Object.keys(await arraysIn(folder.join("rooms"))), ["generate.npy", "sample_z.npy"]);
  }));

Deno.test("evaluateRun: a scene that turns out bad ends the evaluation and leaves no empty folder", () =>
  withRun({}, async (folder, root, backend) => {
    const labels = new Uint8Array(VOXELS).fill(200);
    await writeNpy(folder.join("scenes/a/bad.npy"), { dtype: "uint8", shape: [...GRID], data: labels });
    const out = folder.join("evaluation"), data = folder.join("scenes");
    await assertRejects(() => evaluateRun({ root, backend, data, count: 1, out }), UserError, "200");
    await assertRejects(() => Deno.stat(out), Deno.errors.NotFound);
  }));
