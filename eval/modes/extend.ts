/** `--mode extend`: scenes that go on beyond their borders. */
import { join } from "@std/path";
import { z } from "zod";
import { concatenate } from "../../base/bytes.ts";
import { UserError } from "../../base/errors.ts";
import { writeFileAtomic } from "../../base/files.ts";
import { formatGrid, GRID_MULTIPLE } from "../../data/grid.ts";
import { writeClasses } from "../../data/class_file.ts";
import { writeNpy } from "../../data/formats/npy.ts";
import { fingerprint } from "../../data/scenes/fingerprint.ts";
import { openScenes } from "../../data/scenes/open.ts";
import { type GivenScene, grownGrid, type Growth, growthBeyond, type Side, SIDES } from "../../data/scenes/growth.ts";
import { forEachRun } from "../../nn/canvas.ts";
import { sceneOptions } from "../../run/config.ts";
import { largerSheet } from "../../viz/draw/larger_sheet.ts";
import { encodeIndexedPng } from "../../viz/draw/png.ts";
import { checkTogether, grownScene } from "../larger_scenes.ts";
import { type Mode, SHARED_FLAGS } from "../mode.ts";
import { REQUEST_FLAGS, requestOf } from "../request_flags.ts";
import type { RoomRequest } from "../room_request.ts";
import type { Run } from "../run.ts";
import { fileNames } from "../stale_files.ts";
import type { UnseenScenes } from "../unseen_scenes.ts";
import type { Workspace } from "../workspace.ts";

const FLAGS = {
  scene: SHARED_FLAGS.scene,
  side: z.string().min(1).optional().describe("where a scene goes on: +x, -x, +z, -z, or several such as +x,-z [+x]"),
  by: z.int().min(1).optional().describe(
    "by how many voxels, a multiple of 16 [as many as the run's grid has along x]",
  ),
  count: SHARED_FLAGS.count,
  seed: SHARED_FLAGS.seed,
  ...REQUEST_FLAGS,
};

/** Continuations unless told otherwise. */
const CONTINUATIONS = 4;
/** Continuations in the picture. */
const MOST_SHOWN = 6;
const SHEET = "extend.png", SCENES_FILE = "extend.npy";
const FILES = [SCENES_FILE, SHEET];

/** The mode. */
export const EXTEND: Mode<typeof FLAGS> = {
  name: "extend",
  help: "scenes that go on beyond their borders",
  flags: FLAGS,
  picture: SHEET,
  scenes: ({ scene }) => scene === undefined ? 1 : 0,
  ofAll: ({ count: _, ...flags }) => flags, // of all, these are scenes to evaluate on
  leftOut: ({ workspace: { run } }) =>
    run.prior === "flow" && run.config.generator === "conv"
      ? null
      : "This run has no flow prior or no convolutional generator: no scene goes on.",
  async work({ workspace, scenes, flags }) {
    const { run } = workspace, { side = "+x", by = run.config.grid[0], count = CONTINUATIONS, seed = 0 } = flags;
    const given = await sceneToExtend(run, scenes, flags.scene);
    return await extendScene(workspace, given, { side, by, count, seed, request: requestOf(flags) });
  },
  async section({ workspace: { out } }) {
    return {
      id: "extension",
      title: "Extension",
      text: ["A scene, and scenes in which it goes on beyond its border."],
      pictures: [{ file: SHEET, alt: "A scene, and several in which it goes on" }],
      tables: [],
      files: await fileNames(out, [SCENES_FILE]),
    };
  },
};

/** How a scene goes on. */
export interface ExtendOptions {
  /** See {@link growthOf}. */
  readonly side: string;
  readonly by: number;
  /** How many continuations. */
  readonly count: number;
  /** uint32; continuation i of a seed is the same however many there are. */
  readonly seed: number;
  /** What is asked of what is new. */
  readonly request?: RoomRequest;
}

/** What `--side` and `--by` stand for. @throws {UserError} naming the flag that is wrong, and what it may be */
export function growthOf(side: string, by: number): Growth {
  if (by % GRID_MULTIPLE !== 0 || by < GRID_MULTIPLE) {
    const next = Math.max(1, Math.ceil(by / GRID_MULTIPLE)) * GRID_MULTIPLE;
    throw new UserError(`--by ${by}: expected a multiple of ${GRID_MULTIPLE} voxels, such as ${next}`);
  }
  const sides = side.split(",").map((each) => each.trim());
  const odd = sides.find((each) => !SIDES.some((known) => known === each));
  if (odd !== undefined) {
    throw new UserError(`--side ${side}: there is no side "${odd}"; sides are ${SIDES.join(", ")}`);
  }
  return growthBeyond(sides as Side[], by);
}

async function sceneToExtend(run: Run, scenes: UnseenScenes, path?: string): Promise<GivenScene> {
  if (path === undefined) return { labels: await scenes.read(0), grid: run.config.grid };
  using source = await openScenes(path, sceneOptions(run.options));
  return { labels: await source.read(0), grid: source.grid };
}

/**
 * Lets a scene go on, unless that is done. Writes `extend.npy` (uint8 `[n, D, H, W]`) and a sheet of the scene and what
 * became of it.
 *
 * @returns what to tell; empty if there was nothing to do.
 * @throws {UserError} if the run cannot, the scene does not fit it, there would be too many, or a file cannot be written.
 */
export async function extendScene(
  { run, out, ledger, say }: Workspace,
  given: GivenScene,
  { side, by, count, seed, request = {} }: ExtendOptions,
): Promise<string> {
  const growth = growthOf(side, by), size = grownGrid(given.grid, growth), { classes } = run;
  checkTogether(count, size);
  const inputs = {
    side,
    by,
    count,
    seed,
    request: JSON.stringify(request),
    scene: fingerprint(given.labels, given.grid),
  };
  const worked = await ledger.once("extend", inputs, async () => {
    const scenes = Array.from({ length: count }, (_, index) => grownScene(run, given, growth, seed, index, request));
    await writeNpy(join(out, SCENES_FILE), { dtype: "uint8", shape: [count, ...size], data: concatenate(scenes) });
    await writeClasses(out, classes);
    const alone = new Uint8Array(scenes[0].length);
    forEachRun(size, given.grid, growth.before, 1, (from, at, length) => {
      alone.set(given.labels.subarray(from, from + length), at);
    });
    const columns = [
      { title: "given", volumes: [alone] },
      ...scenes.slice(0, MOST_SHOWN).map((scene, i) => ({ title: `continuation ${i}`, volumes: [scene] })),
    ];
    await writeFileAtomic(join(out, SHEET), encodeIndexedPng(largerSheet(columns, size, { classes, width: 400 })));
    return FILES;
  });
  if (worked) return `${count} scenes of ${formatGrid(size)}, the given ${formatGrid(given.grid)} untouched in each`;
  say("The scenes that go on were finished already and stay as they are.");
  return "";
}
