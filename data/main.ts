/** `deno task data`: makes, converts and describes scenes; reads and writes checkpoints of the original program. */
import { format as formatBytes } from "@std/fmt/bytes";
import { z } from "zod";
import { type Command, print, runCommands } from "../base/command.ts";
import { UserError } from "../base/errors.ts";
import { Progress } from "../base/progress.ts";
import { alignedTable } from "../base/table.ts";
import { counted } from "../base/text.ts";
import { startedAs } from "../ffi/started.ts";
import { openBackend } from "../nn/backend/open.ts";
import { exportOnnx } from "../run/onnx.ts";
import { releaseRun } from "../run/release.ts";
import { exportReference } from "../train/original/export_reference.ts";
import { importReference } from "../train/original/import_reference.ts";
import { formatGrid, FULL_GRID, parseGrid } from "./grid.ts";
import { inspectFile, openScenes, SCENE_ENDINGS } from "./scenes/open.ts";
import { SCENE_KINDS } from "./scenes/sources.ts";
import { PACK_SHARD_SCENES, type PackPart, writePack } from "./formats/pack/pack.ts";
import { statisticsTable } from "./scenes/report.ts";
import { HOMES, isProcedural, proceduralSource, ROOMS, scenesMeant, wholeHomes } from "./rooms/mod.ts";
import { gridFlag, gridOf, type SceneFlags, sceneFlags, sceneOptionsOf } from "./scenes/scene_flags.ts";
import type { SceneSource } from "./scenes/scene_source.ts";
import { sceneStatistics } from "./scenes/statistics.ts";
import { writeScenes } from "./scenes/write_scenes.ts";

/** Stands for homes that are not cropped. */
const WHOLE_HOMES = "whole-homes";

const roomOptions = {
  count: z.int().min(1).default(100).describe("number of rooms or homes"),
  seed: z.int().min(0).max(2 ** 32 - 1).default(0).describe("seed of the rooms or homes"),
  ...gridFlag,
};
const outputOptions = {
  out: z.string().describe("folder to write, as <out>/<sceneId>/<name>.npy"),
  force: z.boolean().default(false).describe(
    "write into a folder that is not empty, replacing scenes of the same name",
  ),
};

function define<Schema extends z.ZodObject>(command: Command<Schema>): Command {
  return command;
}

const stats = define({
  name: "deno task data stats",
  summary: "Prints how much of the scenes each class fills, beside the data set of the paper.",
  positionals: ["<file or folder or rooms or homes>"],
  options: z.object({
    limit: z.int().min(1).optional().describe("count only the first scenes"),
    ...roomOptions,
    ...sceneFlags,
  }),
  examples: [
    ["deno task data stats rooms --count 200", "class occupancy of 200 procedural rooms"],
    ["deno task data stats Scenevox", "class occupancy of a folder of scenes"],
  ],
  async run({ limit, ...flags }, [given]) {
    using source = await scenesOrRooms(given, flags);
    using progress = new Progress("count", Math.min(limit ?? Infinity, source.sceneIds.length), "scenes");
    const statistics = await sceneStatistics(source, limit, (done) => progress.update(done));
    const file = source.classes?.file;
    print(`${source.description}, grid ${formatGrid(source.grid)}, ${statistics.scenes} counted`);
    print(file === undefined ? "" : `classes of ${file}\n`);
    print(statisticsTable(statistics));
  },
});

const inspect = define({
  name: "deno task data inspect",
  summary: `Describes a file of scenes: type, shape, classes, and a scene from above in letters.\n\nReads ${
    SCENE_ENDINGS.join(" ")
  }; of a stack only the scene that is shown.`,
  positionals: ["<file>"],
  options: z.object({
    index: z.int().min(0).default(0).describe("which scene of a stack [n, x, y, z] to show"),
    ...gridFlag,
    ...sceneFlags,
  }),
  alias: { i: "index" },
  examples: [
    ["deno task data inspect runs/demo/eval/generate.npy -i 3", "the fourth generated scene"],
    ["deno task data inspect room.glb --fit --class-map map.json", "a mesh, as it would be converted"],
  ],
  async run({ index, ...flags }, [path]) {
    print(await inspectFile(path, index, await sceneOptionsOf(flags)));
  },
});

const convert = define({
  name: "deno task data convert",
  summary:
    `Writes scenes as a Scenevox folder of uint8 .npy files.\n\nReads ${
      SCENE_ENDINGS.join(" ")
    }, or folders of them; ` +
    "deno task data --help tells whose they are. .npy and .npz may have any number type, C or Fortran order, and hold " +
    "single scenes or stacks [n, x, y, z]. Axes become multiples of 16: padded, cropped or resampled.\n" +
    "Rules for .bin files: sscnet (95 % empty or unknown wins, else the most frequent class), max (the highest label), " +
    "majority (the most frequent label). Voxels that stay unknown become empty.",
  positionals: ["<file or folder>"],
  options: z.object({ ...outputOptions, ...gridFlag, ...sceneFlags }),
  examples: [
    ["deno task data convert NYU0001_0000.bin --out scenes", "one volume of SSCNet to scenes/NYU0001_0000/labels.npy"],
    ["deno task data convert suncg_bins --out scenes --doors furn", "doors as in the published scene images"],
    ["deno task data convert house.obj --out scenes --up z --unit-metres 0.01 --class-map map.json", "a mesh in cm"],
    ["deno task data convert mine --out scenes --classes classes.json", "scenes with classes of your own"],
  ],
  async run({ out, force, ...flags }, [path]) {
    using source = await openScenes(path, await sceneOptionsOf(flags, true));
    await write(source, out, force);
  },
});

const pack = define({
  name: "deno task data pack",
  summary: "Packs scenes into one file, or a folder of files, for training.\n\n" +
    "A few hundred bytes a scene, with checksum and fingerprint, read in any order. Takes what convert takes, and " +
    "rooms; convert unpacks it again.",
  positionals: ["<file or folder or rooms or homes>"],
  options: z.object({
    out: z.string().describe("file to write if it ends in .pack, else folder of such files"),
    shard: z.int().min(1).default(PACK_SHARD_SCENES).describe("scenes in a file, if --out is a folder"),
    force: z.boolean().default(false).describe("write over a file, or into a folder that is not empty"),
    ...roomOptions,
    ...sceneFlags,
  }),
  examples: [
    ["deno task data pack Scenevox --out scenevox.pack", "then: deno task train --data scenevox.pack"],
    ["deno task data pack rooms --count 100000 --out packs", "packs/scenes-00000.pack and so on"],
    ["mpirun -n 4 deno task data pack rooms --count 100000 --out packs", "each of four processes a part of the files"],
  ],
  async run({ out, shard, force, ...flags }, [given]) {
    using source = await scenesOrRooms(given, flags);
    const part = partOfLauncher(), total = source.sceneIds.length;
    const onProgress = (done: number) => progress.update(done);
    using progress = new Progress("pack", Math.ceil(total / part.size), "scenes");
    const written = await writePack(source, out, { shardScenes: shard, force, part, onProgress });
    const { files, scenes, bytes, labelBytes } = written;
    const where = files.length === 1 ? files[0] : `${files.length} files in ${out}`;
    if (part.rank === 0) print(source.description);
    const smaller = scenes > 0 ? `: ${(labelBytes / bytes).toFixed(1)} times smaller than labels` : "";
    print(`${counted(scenes, "scene")} in ${where}, ${bytes} bytes${smaller}`);
  },
});

/** Which of the processes this is that a launcher started; they need not speak with each other. */
function partOfLauncher(): PackPart {
  const { rank, size } = startedAs();
  if (size !== null) return { rank, size };
  throw new UserError("the launcher does not tell how many processes it started; pack with one");
}

const make = define({
  name: "deno task data make",
  summary:
    "Makes furnished rooms or homes by rules and writes them as a Scenevox folder; the same seed makes the same.",
  options: z.object({
    of: z.enum([ROOMS, HOMES, WHOLE_HOMES]).default(ROOMS)
      .describe(`what to make: rooms, a crop of the grid each of as many homes, or whole homes in voxels as large`),
    ...outputOptions,
    ...roomOptions,
  }),
  examples: [
    ["deno task data make --count 1000 --out scenes", "a thousand rooms of 80x48x80 voxels"],
    ["deno task data make --of whole-homes --count 4 --out homes", "four homes of two to eight rooms"],
  ],
  async run({ of, out, force, count, seed, ...flags }) {
    const options = { seed, grid: gridOf(flags) ?? FULL_GRID, count };
    using source = of === WHOLE_HOMES ? wholeHomes(options) : proceduralSource(of, options);
    await write(source, out, force);
  },
});

const importCheckpoint = define({
  name: "deno task data import-checkpoint",
  summary: "Makes a run of a checkpoint of the original program, to be evaluated, drawn and trained on.\n\n" +
    "Reads TensorFlow checkpoints of both formats (V2: give the prefix; V1: the file) and .safetensors files of an " +
    "export, with and without Adam's slots. They have no running statistics of batch norm: calibrate them on scenes, " +
    "or the run uses each batch's own, as the original program does. See docs/weights.md.",
  positionals: ["<prefix or file>"],
  options: z.object({
    out: z.string().describe("run folder to make"),
    grid: z.string().optional().describe("voxels of a scene: x, y (up), z; needed unless it is 80x48x80"),
    iterations: z.int().min(0).optional().describe("iterations of its base stage [from Adam's steps, else 75000]"),
    batch: z.int().min(2).optional().describe("scenes per batch of the run [20, and 8 to refine]"),
    data: z.string().optional().describe('scenes that the run goes on with [those to calibrate on, else "rooms"]'),
    calibrate: z.string().optional().describe('measure running statistics on these scenes: file, folder or "rooms"'),
    batches: z.int().min(1).default(16).describe("with --calibrate, how many batches"),
    threads: z.int().min(0).default(0).describe("with --calibrate, threads, 0 for one per core"),
  }),
  examples: [
    ["deno task data import-checkpoint checkpoint25000-100000 --out runs/original --calibrate Scenevox", "then eval"],
    ["deno task eval --run runs/original --data Scenevox --bn batch", "as the original program evaluates"],
  ],
  async run({ grid, calibrate, batches, threads, data, ...options }, [path]) {
    if (calibrate !== undefined && data !== undefined && data !== calibrate) {
      throw new UserError(`--calibrate ${calibrate} and --data ${data}: a run is calibrated on its own data; give one`);
    }
    const scenes = data ?? calibrate;
    using backend = calibrate === undefined ? null : await openBackend("cpu", { threads });
    const result = await importReference({
      ...options,
      path,
      grid: grid === undefined ? undefined : parseGrid(grid),
      data: scenes && scenesMeant(scenes),
      calibration: backend ? { backend, batches } : undefined,
    });
    const { root, description, step, phase, extra, adam, problems } = result;
    print(`${description}: step ${step}, ${phase} stage, grid ${result.options.grid.join("x")}, as run ${root}`);
    print(`Adam: ${adam.length > 0 ? adam.join(", ") : "not saved, starts anew"}`);
    for (const problem of problems) print(problem);
    if (extra.length > 0) print(`Not used: ${extra.join(", ")}`);
    print(
      `Batch norm: ${backend ? `calibrated on ${result.options.data}` : "statistics of each batch (no --calibrate)"}`,
    );
  },
});

const exportCheckpoint = define({
  name: "deno task data export-checkpoint",
  summary: "Writes the weights of a run in the original program's names and layout.",
  positionals: ["<run>"],
  options: z.object({
    out: z.string().describe("prefix of the checkpoint, or path of the .safetensors file"),
    format: z.enum(["tensorflow", "safetensors"]).default("tensorflow").describe("a V2 checkpoint, or one file"),
    step: z.int().min(0).optional().describe("checkpoint of the run [the newest]"),
    adam: z.boolean().default(false).describe("also Adam's slots and powers, which the original program leaves out"),
  }),
  examples: [["deno task data export-checkpoint runs/demo --out tf/model", "tf/model.index and tf/model.data-…"]],
  async run(options, [root]) {
    const { files, variables, step, reversed } = await exportReference({ ...options, root });
    print(`${variables} variables of step ${step} in ${files.join(", ")}`);
    if (reversed) {
      print(
        "These networks want scenes with all three axes reversed, which import-checkpoint knows; see docs/weights.md.",
      );
    }
  },
});

const exportToOnnx = define({
  name: "deno task data export-onnx",
  summary:
    "Writes the networks of a run as ONNX files: encoder, generator, refiner and a step of the prior, whichever " +
    "it has, for any number of scenes at once (docs/onnx.md).",
  positionals: ["<run>"],
  options: z.object({
    out: z.string().describe("folder for the files"),
    step: z.int().min(0).optional().describe("checkpoint of the run [the newest]"),
  }),
  examples: [["deno task data export-onnx runs/demo --out onnx", "onnx/encoder.onnx, onnx/generator.onnx, …"]],
  async run({ out, step }, [root]) {
    for (const file of await exportOnnx(root, out, step)) print(file);
  },
});

const release = define({
  name: "deno task data release",
  summary: "Writes what a run needs to make rooms, its weights in 16 bits, as a folder to give away: a run like any " +
    "other, of which no training goes on, with a README.md and a config.json for the Hugging Face hub.",
  positionals: ["<run>"],
  options: z.object({
    out: z.string().describe("folder to make"),
    step: z.int().min(0).optional().describe("checkpoint of the run [the newest]"),
    license: z.string().optional().describe(
      "the hub's name of the licence, such as cc-by-4.0 [mit of procedural scenes, else unknown]",
    ),
  }),
  examples: [["deno task data release runs/demo --out rooms", "then: deno task eval --mode generate --run rooms"]],
  async run({ out, ...options }, [root]) {
    const path = await releaseRun(root, out, options);
    print(`${path}, ${formatBytes((await Deno.stat(path)).size)}`);
  },
});

/** What {@link roomOptions} come to. */
type RoomFlags = Readonly<{ count: number; seed: number; grid?: string }>;

/** The scenes that a person names, or those of a generator. @throws {UserError} if they cannot be read. */
async function scenesOrRooms(given: string, { count, seed, ...flags }: RoomFlags & SceneFlags): Promise<SceneSource> {
  const path = scenesMeant(given);
  return isProcedural(path)
    ? proceduralSource(path, { seed, grid: gridOf(flags) ?? FULL_GRID, count })
    : await openScenes(path, await sceneOptionsOf(flags));
}

async function write(source: SceneSource, out: string, force: boolean): Promise<void> {
  {
    using progress = new Progress("write", source.sceneIds.length, "scenes");
    await writeScenes(source, out, { force, onProgress: (done) => progress.update(done) });
  }
  print(source.description);
  print(`${counted(source.sceneIds.length, "scene")} of ${formatGrid(source.grid)} in ${out}`);
  if (source.sceneIds.length === 1) { for (const note of await source.notes?.(0) ?? []) print(note); }
}

/** Which files can be read, which data sets come in them, where these are to be had and under which terms. */
function dataTable(): string {
  const rows = SCENE_KINDS.flatMap(({ endings, data }) =>
    data.map(({ name, from, licence }) => [endings[0], name, from, licence])
  );
  return alignedTable([["files", "data", "to be had from", "licence"], ...rows], () => true);
}

if (import.meta.main) {
  const summary = "Makes, converts and describes scenes, label volumes in NumPy files; reads and writes " +
    "checkpoints of the original program.\n\nWhat can be read, a page each in docs/sources:\n\n" + dataTable();
  await runCommands("deno task data", summary, {
    stats,
    inspect,
    convert,
    pack,
    make,
    "import-checkpoint": importCheckpoint,
    "export-checkpoint": exportCheckpoint,
    "export-onnx": exportToOnnx,
    release,
  }, Deno.args);
}
