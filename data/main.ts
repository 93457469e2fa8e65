/** `deno task data`: makes, converts and describes scenes. */
import { z } from "zod";
import { type Command, print, runCommands } from "../base/command.ts";
import { Progress } from "../base/progress.ts";
import { DOWNSAMPLE_RULES } from "./downsample.ts";
import { formatGrid, parseGrid } from "./grid.ts";
import { inspectFile } from "./inspect.ts";
import { openScenes } from "./open.ts";
import { statisticsTable } from "./report.ts";
import { roomSource } from "./rooms/mod.ts";
import type { SceneSource } from "./scene_source.ts";
import { sceneStatistics } from "./statistics.ts";
import { writeScenes } from "./write_scenes.ts";

/** Stands for procedural rooms where a path is expected. */
const ROOMS = "rooms";

const sscnetOptions = {
  rule: z.enum(DOWNSAMPLE_RULES).default("sscnet").describe("how 27 voxels of an SSCNet .bin file become one"),
  doors: z.enum(["objs", "furn"]).default("objs").describe("class of doors in SSCNet .bin files"),
};
const roomOptions = {
  count: z.int().min(1).default(100).describe("number of rooms"),
  seed: z.int().min(0).max(2 ** 32 - 1).default(0).describe("seed of the rooms"),
  grid: z.string().default("80x48x80").describe("size of the rooms in voxels: x, y (up), z"),
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
  positionals: ["<file or folder or rooms>"],
  options: z.object({
    limit: z.int().min(1).optional().describe("count only the first scenes"),
    ...sscnetOptions,
    ...roomOptions,
  }),
  examples: [
    ["deno task data stats rooms --count 200", "class occupancy of 200 procedural rooms"],
    ["deno task data stats Scenevox", "class occupancy of a folder of scenes"],
  ],
  async run({ limit, rule, doors, count, seed, grid }, [path]) {
    using source = path === ROOMS
      ? roomSource({ seed, grid: parseGrid(grid), count })
      : await openScenes(path, { rule, doors });
    using progress = new Progress("count", Math.min(limit ?? Infinity, source.sceneIds.length), "scenes");
    const statistics = await sceneStatistics(source, limit, (done) => progress.update(done));
    print(`${source.description}, grid ${formatGrid(source.grid)}, ${statistics.scenes} counted\n`);
    print(statisticsTable(statistics));
  },
});

const inspect = define({
  name: "deno task data inspect",
  summary: "Describes an .npy or SSCNet .bin file: type, shape, range, classes, and the scene from above in letters.",
  positionals: ["<file>"],
  options: z.object({
    index: z.int().min(0).default(0).describe("which scene of a stack [n, x, y, z] to show"),
    ...sscnetOptions,
  }),
  alias: { i: "index" },
  examples: [["deno task data inspect runs/demo/eval/generate.npy -i 3", "the fourth generated scene"]],
  async run({ index, rule, doors }, [path]) {
    print(await inspectFile(path, index, { rule, doors }));
  },
});

const convert = define({
  name: "deno task data convert",
  summary: "Writes scenes as a Scenevox folder of uint8 .npy files.\n\n" +
    "Reads SSCNet .bin volumes (36 classes, 240x144x240), and .npy files of any number type, C or Fortran order: " +
    "single scenes, stacks [n, x, y, z], or folders of them.\n" +
    "Rules for .bin files: sscnet (95 % empty or unknown wins, else the most frequent class), max (the highest label), " +
    "majority (the most frequent label). Voxels that stay unknown become empty.",
  positionals: ["<file or folder>"],
  options: z.object({ ...outputOptions, ...sscnetOptions }),
  examples: [
    ["deno task data convert NYU0001_0000.bin --out scenes", "one volume of SSCNet to scenes/NYU0001_0000/labels.npy"],
    ["deno task data convert suncg_bins --out scenes --doors furn", "doors as in the published scene images"],
  ],
  async run({ out, force, rule, doors }, [path]) {
    using source = await openScenes(path, { rule, doors });
    await write(source, out, force);
  },
});

const make = define({
  name: "deno task data make",
  summary: "Makes furnished rooms by rules and writes them as a Scenevox folder; the same seed makes the same rooms.",
  options: z.object({ ...outputOptions, ...roomOptions }),
  examples: [["deno task data make --count 1000 --out scenes", "a thousand rooms of 80x48x80 voxels"]],
  async run({ out, force, count, seed, grid }) {
    using source = roomSource({ seed, grid: parseGrid(grid), count });
    await write(source, out, force);
  },
});

async function write(source: SceneSource, out: string, force: boolean): Promise<void> {
  {
    using progress = new Progress("write", source.sceneIds.length, "scenes");
    await writeScenes(source, out, { force, onProgress: (done) => progress.update(done) });
  }
  print(`${source.sceneIds.length} scenes of ${formatGrid(source.grid)} in ${out}`);
}

if (import.meta.main) {
  const summary = "Makes, converts and describes scenes: label volumes of 12 classes in NumPy files.";
  await runCommands("deno task data", summary, { stats, inspect, convert, make }, Deno.args);
}
