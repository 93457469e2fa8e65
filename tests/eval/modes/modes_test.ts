/** The modes of an evaluation on a small run: files, what is in them, and going on where a call was stopped. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { GifReader } from "omggif";
import { UserError } from "../../../base/errors.ts";
import type { NpyArray } from "../../../data/formats/npy.ts";
import { readNpy } from "../../../data/formats/npy.ts";
import { generateAndMeasure } from "../../../eval/modes/generate/generate.ts";
import { between, interpolate } from "../../../eval/modes/interpolate.ts";
import { mapCodes } from "../../../eval/modes/latent/latent.ts";
import {
  cellName,
  changeFrequency,
  noiseVectors,
  perturbCells,
  usualFilling,
} from "../../../eval/modes/noise/noise.ts";
import { reconstructScenes } from "../../../eval/modes/recons/recons.ts";
import { Run } from "../../../eval/run.ts";
import { openUnseenScenes, type UnseenScenes } from "../../../eval/unseen_scenes.ts";
import { openWorkspace, type Workspace } from "../../../eval/workspace.ts";
import type { Backend } from "../../../nn/backend/backend.ts";
import { openBackend } from "../../../nn/backend/open.ts";
import { train } from "../../../train/train.ts";
import { folderState } from "../../helpers/folder_state.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

/** Two cells along depth and along width. */
const GRID = [32, 16, 32] as const;
const VOXELS = 32 * 16 * 32;
const LATENT = 4;
const CODE_SHAPE = [2, 1, 2, LATENT];
const CODE = 2 * 2 * LATENT;

interface Bench {
  readonly folder: TemporaryFolder;
  readonly backend: Backend;
  readonly run: Run;
  readonly scenes: UnseenScenes;
  /** What a workspace told. */
  readonly said: string[];
  /** A workspace in `folder/<name>` as a call of the command opens it. */
  open(name: string, statistics?: "running" | "batch"): Promise<Workspace>;
}

/** Trains a small run and opens it. */
async function withBench(values: Readonly<Record<string, unknown>>, body: (bench: Bench) => Promise<void>) {
  await using folder = await TemporaryFolder.make();
  using backend = await openBackend("cpu", { threads: 2 });
  const { root } = await train({ preset: "tiny", grid: GRID, scenes: 40, out: folder.join("run"), ...values }, {
    backend,
  });
  using owned = new DisposableStack();
  const openRun = async (statistics?: "running" | "batch") => owned.use(await Run.open(root, { backend, statistics }));
  const run = await openRun(), scenes = owned.use(await openUnseenScenes(root, run.options, 8));
  const said: string[] = [];
  const open = async (name: string, statistics?: "running" | "batch") =>
    await openWorkspace(statistics ? await openRun(statistics) : run, {
      out: folder.join(name),
      batch: 4,
      threads: 1,
      say: (line) => said.push(line),
    });
  await body({ folder, backend, run, scenes, said, open });
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

function assertArray({ dtype, shape, data }: NpyArray, wanted: string, sizes: readonly number[]): void {
  assertEquals([dtype, shape], [wanted, sizes]);
  for (const value of data) assert(dtype === "int64" ? value >= 0n && value <= 11n : Number.isFinite(value));
}

const labelsOf = ({ data }: NpyArray, index: number) =>
  Uint8Array.from(data.subarray(index * VOXELS, (index + 1) * VOXELS), Number);
const codeOf = ({ data }: NpyArray, index: number) => (data as Float32Array).slice(index * CODE, (index + 1) * CODE);

/** Labels of scene `index` and its code. */
async function sceneAndCode({ run, scenes }: Bench, index: number) {
  const labels = await scenes.read(index);
  return { labels, code: run.encode(labels, 1) };
}

Deno.test("interpolate: every ordered pair, in the reference's files; the ends are the decoded scenes", () =>
  withBench({}, async (bench) => {
    const workspace = await bench.open("walks");
    await interpolate(workspace, bench.scenes.first(3), { steps: 5 });
    const pairs = ["0-1", "0-2", "1-0", "1-2", "2-0", "2-1"];
    const expected = pairs.flatMap((pair) => [
      ...["gif", "npy", "png"].map((ending) => `interpolation${pair}.${ending}`),
      `interpolation_unrefined${pair}.npy`,
      `interpolation_z${pair}.npy`,
    ]);
    assertEquals(await namesIn(workspace.out), [...expected, "evaluation.json"].sort());
    for (const pair of pairs) {
      const [left, right] = pair.split("-").map(Number);
      const codes = await readNpy(`${workspace.out}/interpolation_z${pair}.npy`);
      assertArray(codes, "float32", [5, ...CODE_SHAPE]);
      for (const [name, stage] of [["", "refined"], ["_unrefined", "plain"]] as const) {
        const rooms = await readNpy(`${workspace.out}/interpolation${name}${pair}.npy`);
        assertArray(rooms, "int64", [5, ...GRID]);
        for (const [end, index] of [[left, 0], [right, 4]]) {
          const { code } = await sceneAndCode(bench, end);
          assertEquals(codeOf(codes, index), code);
          assertEquals(labelsOf(rooms, index), bench.run.decode(code, 1)[stage]!.labels);
        }
      }
      const middle = codeOf(codes, 2);
      middle.forEach((value, i) => assert(Math.abs(2 * value - codeOf(codes, 0)[i] - codeOf(codes, 4)[i]) < 1e-5));
      const gif = new GifReader(await Deno.readFile(`${workspace.out}/interpolation${pair}.gif`));
      assert(gif.numFrames() >= 5);
    }
  }));

Deno.test("between: the spherical way keeps the angle's pace and the size, and its ends are exact", () => {
  const left = Float32Array.of(3, 0, 0), right = Float32Array.of(0, 3, 0);
  const third = between(left, right, 1 / 3, "spherical");
  [3 * Math.cos(Math.PI / 6), 3 * Math.sin(Math.PI / 6), 0].forEach((v, i) => assert(Math.abs(third[i] - v) < 1e-6));
  for (const path of ["linear", "spherical"] as const) {
    assertEquals([between(left, right, 0, path), between(left, right, 1, path)], [left, right]);
    // Parallel and opposite codes have no great circle of their own.
    assertEquals(between(left, left, 0.3, path).map(Math.round), left);
    assert(between(left, left.map((v) => -v), 0.5, path).every(Number.isFinite));
  }
  assertNotEquals(between(left, right, 0.5, "linear"), between(left, right, 0.5, "spherical"));
});

Deno.test("interpolate: a second call does nothing, a stopped one goes on, other options begin anew", () =>
  withBench({ refineIterations: 0 }, async (bench) => {
    const { out } = await bench.open("walks");
    const walk = async (steps: number, pairs = 2) =>
      await interpolate(await bench.open("walks"), bench.scenes.first(pairs), { steps });
    await walk(3);
    assert(!(await namesIn(out)).some((name) => name.includes("unrefined")));
    const before = await folderState(out), time = (await Deno.stat(`${out}/interpolation0-1.npy`)).mtime;
    await walk(3);
    assertEquals(await folderState(out), before);
    assertEquals((await Deno.stat(`${out}/interpolation0-1.npy`)).mtime, time);
    assertEquals(bench.said, ["2 of 2 walks were finished already and stay as they are."]);

    await Deno.truncate(`${out}/interpolation0-1.npy`, 100);
    await walk(3);
    assertEquals(await folderState(out), before);
    assertEquals(bench.said.at(-1), "1 of 2 walks were finished already and stay as they are.");
    await walk(3, 3);
    assertEquals(bench.said.at(-1), "2 of 6 walks were finished already and stay as they are.");
    await walk(4);
    assertEquals((await readNpy(`${out}/interpolation0-1.npy`)).shape[0], 4);
    assertEquals(bench.said.length, 3);
  }));

Deno.test("interpolate: with batch statistics a room depends on its code and not on its place in the walk", () =>
  withBench({}, async (bench) => {
    const workspace = await bench.open("batch", "batch");
    await interpolate(workspace, bench.scenes.first(2), { steps: 3 });
    const codes = await readNpy(`${workspace.out}/interpolation_z0-1.npy`);
    const rooms = await readNpy(`${workspace.out}/interpolation_unrefined0-1.npy`);
    const companion = codeOf(codes, 2); // the code of scene 1, as in the reference
    for (let step = 0; step < 3; step++) {
      const both = Float32Array.from([...codeOf(codes, step), ...companion]);
      assertEquals(labelsOf(rooms, step), workspace.run.decode(both, 2).plain.labels.slice(0, VOXELS));
    }
  }));

Deno.test("perturbCells: ten variants per cell, variant 0 the scene itself, the same noise in every cell", () =>
  withBench({}, async (bench) => {
    const workspace = await bench.open("noise");
    const report = await perturbCells(workspace, bench.scenes.first(2), 3);
    const cells = [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]] as const;
    const expected = [0, 1].flatMap((scene) => [
      `noise${scene}.png`,
      ...cells.flatMap((cell) => ["", "_z", "_change"].map((kind) => `noise${kind}${scene}_${cell.join("")}.npy`)),
    ]);
    assertEquals(await namesIn(workspace.out), [...expected, "evaluation.json", "noise.csv", "noise.md"].sort());
    for (const scene of [0, 1]) {
      const { code } = await sceneAndCode(bench, scene);
      const base = bench.run.decode(code, 1).refined!.labels;
      const noise = noiseVectors(3, scene, LATENT);
      for (const cell of cells) {
        const name = `${scene}_${cell.join("")}.npy`;
        const rooms = await readNpy(`${workspace.out}/noise${name}`),
          codes = await readNpy(`${workspace.out}/noise_z${name}`);
        const change = await readNpy(`${workspace.out}/noise_change${name}`);
        assertArray(rooms, "int64", [10, ...GRID]);
        assertArray(codes, "float32", [10, ...CODE_SHAPE]);
        assertArray(change, "float32", GRID);
        assertEquals([codeOf(codes, 0), labelsOf(rooms, 0)], [code, base]);
        const first = (cell[0] * 2 + cell[2]) * LATENT;
        for (let variant = 1; variant < 10; variant++) {
          const wanted = code.slice();
          for (let c = 0; c < LATENT; c++) wanted[first + c] += noise[(variant - 1) * LATENT + c];
          assertEquals(codeOf(codes, variant), wanted);
        }
        const variants = Array.from({ length: 10 }, (_, variant) => labelsOf(rooms, variant));
        assertEquals(change.data, changeFrequency(variants));
      }
    }
    assertNotEquals(noiseVectors(3, 0, LATENT), noiseVectors(3, 1, LATENT));
    assertNotEquals(noiseVectors(3, 0, LATENT), noiseVectors(4, 0, LATENT));
    const rows = (await Deno.readTextFile(`${workspace.out}/noise.csv`)).trimEnd().split("\n");
    assertEquals(rows.length, 1 + 2 * 4);
    assert(rows.every((row) => row.split(",").length === rows[0].split(",").length));
    assertStringIncludes(report, "Each of the 4 cells of the code of 2 scenes");

    const before = await folderState(workspace.out);
    await perturbCells(await bench.open("noise"), bench.scenes.first(2), 3);
    assertEquals(await folderState(workspace.out), before);
    assertEquals(bench.said, ["8 of 8 cells were finished already and stay as they are."]);
  }));

Deno.test("changeFrequency, usualFilling, cellName: small cases", () => {
  const variants = [[0, 0, 5, 5], [1, 0, 5, 0], [1, 0, 4, 0], [2, 0, 5, 0]].map((labels) => Uint8Array.from(labels));
  assertEquals([...changeFrequency(variants)].map((share) => Math.round(3 * share)), [3, 0, 1, 3]);
  assertEquals([...usualFilling(variants)], [1, 0, 0, 0]);
  assertEquals(cellName([1, 2, 0], [5, 3, 5]), "120");
  assertEquals([cellName([1, 11, 0], [5, 12, 5]), cellName([11, 1, 0], [12, 5, 5])], ["1-11-0", "11-1-0"]);
});

Deno.test("mapCodes: a row and a point per scene and run, other runs beside; few scenes and other grids are refused", () =>
  withBench({ refineIterations: 0 }, async (bench) => {
    const workspace = await bench.open("latent");
    const { root } = await train(
      { preset: "tiny", grid: GRID, scenes: 40, model: "vae-200", iterations: 2, out: bench.folder.join("flat") },
      { backend: bench.backend },
    );
    using flat = await Run.open(root, { backend: bench.backend });
    assertEquals(flat.codeShape, [200]);
    const report = await mapCodes(workspace, bench.scenes.first(6), [flat]);
    assertEquals(await namesIn(workspace.out), [
      "evaluation.json",
      "latent.csv",
      "latent.md",
      "latent.png",
      "latent.svg",
    ]);
    const rows = (await Deno.readTextFile(`${workspace.out}/latent.csv`)).trimEnd().split("\n").slice(1);
    assertEquals(rows.length, 2 * 6);
    for (const title of ["run: fc-alphagan, code 2x1x2x4", "flat: vae-200, code 200"]) {
      assertStringIncludes(report!, title);
      assertEquals(rows.filter((row) => row.startsWith(JSON.stringify(title))).length, 6);
    }
    const svg = await Deno.readTextFile(`${workspace.out}/latent.svg`);
    assertEquals(svg.match(/<circle/g)!.length, 2 * 2 * 6);

    assertEquals(await mapCodes(await bench.open("latent"), bench.scenes.first(6), [flat]), null);
    assert(await mapCodes(await bench.open("latent"), bench.scenes.first(6), []) !== null);
    const map = (count: number, others: Run[]) => mapCodes(workspace, bench.scenes.first(count), others);
    await assertRejects(() => map(2, []), UserError, "a map of 2 scenes");
    const small = await train({ preset: "tiny", iterations: 2, refineIterations: 0, out: bench.folder.join("small") }, {
      backend: bench.backend,
    });
    using other = await Run.open(small.root, { backend: bench.backend });
    await assertRejects(() => map(4, [other]), UserError, "is for scenes of 16x16x16 with 12 classes");

    const noise = await openWorkspace(flat, { ...workspace, out: bench.folder.join("none") });
    const perturb = perturbCells(noise, bench.scenes.first(1), 0);
    await assertRejects(() => perturb, UserError, "flat code of 200 numbers");
  }));

Deno.test("reconstructScenes and generateAndMeasure: done once; refined files of a refined run do not stay", () =>
  withBench({}, async (bench) => {
    const generate = (workspace: Workspace, metrics = false) =>
      generateAndMeasure(workspace, { count: 3, seed: 1, truncation: 0.5, metrics });
    const { out } = await bench.open("both");
    const summary = await reconstructScenes(await bench.open("both"), bench.scenes);
    await generate(await bench.open("both"));
    const before = await folderState(out);
    assertEquals(await reconstructScenes(await bench.open("both"), bench.scenes), summary);
    await generate(await bench.open("both"));
    assertEquals(await folderState(out), before);
    assertEquals(bench.said.length, 2);
    const codes = (await readNpy(`${out}/sample_z.npy`)).data as Float32Array;
    assertEquals(Math.max(...codes.map(Math.abs)) <= 0.5, true);

    // Measured later, the rooms on disk are those that are measured.
    await generate(await bench.open("both"), true);
    assertStringIncludes(await Deno.readTextFile(`${out}/generation_metrics.md`), "refined");

    using base = await Run.open(bench.run.root, { backend: bench.backend, step: 4 });
    const again = await openWorkspace(base, { ...await bench.open("other"), out });
    assertStringIncludes(bench.said.at(-1)!, "of an evaluation of another checkpoint");
    await reconstructScenes(again, bench.scenes);
    await generate(again);
    assertEquals((await namesIn(out)).filter((name) => name.includes("refine")), []);

    // The same where an evaluation left no record.
    for (const name of ["recons_refine.npy", "AP_refine.csv", "generate_refine.npy", "notes_refine.txt"]) {
      await bench.folder.write(`bare/${name}`, "old");
    }
    const fresh = await openWorkspace(base, { ...again, out: bench.folder.join("bare") });
    await reconstructScenes(fresh, bench.scenes);
    await generate(fresh);
    assertEquals((await namesIn(fresh.out)).filter((name) => name.includes("refine")), ["notes_refine.txt"]);
  }));
