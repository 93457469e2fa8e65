/** `--mode generate --size`: new scenes larger than the grid of the run, and whether it shows how they were made. */
import { join } from "@std/path";
import { concatenate } from "../../../base/bytes.ts";
import { csvText } from "../../../base/csv.ts";
import { writeFileAtomic } from "../../../base/files.ts";
import { Progress } from "../../../base/progress.ts";
import { alignedTable } from "../../../base/table.ts";
import { writeClasses } from "../../../data/class_file.ts";
import { formatGrid, type Grid, voxelCount } from "../../../data/grid.ts";
import { readNpy, writeNpy } from "../../../data/formats/npy.ts";
import { largerSheet } from "../../../viz/draw/larger_sheet.ts";
import { encodeIndexedPng } from "../../../viz/draw/png.ts";
import { type CropOptions, movedScenes, randomCrops, roomyGrid, seamAccuracy } from "../../metrics/generation/seams.ts";
import { checkTogether, newScene, reconstructedScene } from "../../larger_scenes.ts";
import { SCENES } from "../../mode.ts";
import type { RoomRequest } from "../../room_request.ts";
import type { Run } from "../../run.ts";
import { removeFiles } from "../../stale_files.ts";
import type { Workspace } from "../../workspace.ts";
import { type GenerationJudge, JUDGE_FILES } from "./generation_judge.ts";
import { generationSummary } from "./generation_tables.ts";

const SCENES_FILE = "larger.npy", SEAMS_FILE = "larger_seams.csv";
/** The picture of the scenes. */
export const LARGER_SHEET = "larger.png";
/** Files of the scenes and of their seams. */
export const LARGER_FILES = [SCENES_FILE, SEAMS_FILE, LARGER_SHEET];
/** Pictures of the measures of scenes of the run's grid. */
export const MEASURE_PICTURES = ["generation_classes.svg", "generation_classes.png", "nearest_training.png"] as const;
/** Scenes in the picture. */
const MOST_SHOWN = 6;

/** Which scenes. */
export interface LargerOptions {
  /** Size of each. */
  readonly size: Grid;
  /** How many; see {@link largerCount}. */
  readonly count: number;
  /** uint32; scene i of a seed is the same however many there are. */
  readonly seed: number;
  /** What is asked of them. */
  readonly request: RoomRequest;
}

/** Crops that a scene is measured by: as many as fit into it side by side. */
export function cropsPerScene(size: Grid, crop: Grid): number {
  return size.reduce((product, voxels, axis) => product * Math.max(1, Math.floor(voxels / crop[axis])), 1);
}

/** How many scenes, as many as `SCENES` crops need unless told otherwise. @throws {UserError} if there are too many */
export function largerCount(size: Grid, crop: Grid, given?: number): number {
  const count = given ?? Math.max(1, Math.ceil(SCENES / cropsPerScene(size, crop)));
  checkTogether(count, size);
  return count;
}

/**
 * Makes scenes and measures them, each unless it is done. Writes `larger.npy` (uint8 `[n, D, H, W]`), `larger.png`,
 * `larger_seams.csv`, and of random crops the files of `GenerationJudge.judge`.
 *
 * @param judge of as many crops as there are, or null not to measure.
 * @returns tables for the terminal.
 * @throws {UserError} if the run makes no such scenes, there are too many, or a file cannot be written.
 */
export async function generateLarger(
  workspace: Workspace,
  { size, count, seed, request }: LargerOptions,
  judge: GenerationJudge | null,
): Promise<string> {
  const { run, out, ledger, say } = workspace, { grid } = run.config;
  const inputs = { size: formatGrid(size), count, seed, request: JSON.stringify(request) };
  let scenes: Uint8Array[] | null = null;
  const made = await ledger.once("larger", inputs, async () => {
    scenes = makeScenes(run, size, { count, seed, request });
    await writeScenes(workspace, size, scenes);
    return [SCENES_FILE, LARGER_SHEET];
  });
  if (!made) say("The scenes were generated already and stay as they are.");
  if (!judge) return "";
  const tables: string[] = [], crops = { size, crop: grid, perScene: cropsPerScene(size, grid), seed };
  await ledger.once("generation_metrics", { ...inputs, ...judge.inputs }, async () => {
    const all = scenes ?? await scenesBefore(join(out, SCENES_FILE), size);
    const cut = { name: "crops", scenes: randomCrops(all, crops) };
    tables.push(generationSummary(await judge.judge([cut], out)));
    const heads = ["crops on windows' borders against windows", "accuracy", "low", "high", "of each"];
    const rows = seamRows(run, all, crops, request).map((row) => [...row, cut.scenes.length]);
    await writeFileAtomic(join(out, SEAMS_FILE), csvText([heads, ...rows]));
    const shown = rows.map((row) =>
      row.map((cell) => typeof cell === "number" && cell % 1 ? cell.toFixed(3) : `${cell}`)
    );
    tables.push(alignedTable([heads, ...shown]));
    await removeFiles(out, MEASURE_PICTURES); // of scenes measured before
    return [...JUDGE_FILES, SEAMS_FILE];
  });
  return tables.length > 0 ? tables.join("\n\n") : `The scenes were measured already: ${join(out, SEAMS_FILE)}`;
}

/**
 * Seams of scenes beside what there is without windows. Encoder and generator make scenes anew as a whole; moved by any
 * number of voxels before that, they have windows' borders anywhere, and what still tells places apart is the generator's,
 * whose voxels differ by their place in a cell. So of the second and third line only the windows' places differ.
 */
function seamRows(
  run: Run,
  scenes: readonly Uint8Array[],
  crops: CropOptions,
  request: RoomRequest,
): [string, ...number[]][] {
  const { size, seed } = crops, { backend, config: { classes } } = run;
  const accuracy = (name: string, scenes: readonly Uint8Array[]): [string, ...number[]] => {
    const { value, low, high } = seamAccuracy(scenes, crops, { classes, backend, seed });
    return [name, value, low, high];
  };
  const whole = (scenes: readonly Uint8Array[]) =>
    scenes.map((labels) => reconstructedScene(run, { labels, grid: size }));
  const roomy = makeScenes(run, roomyGrid(crops), { count: scenes.length, seed, request });
  return [
    accuracy("new scenes", scenes),
    accuracy("through encoder and generator", whole(scenes)),
    accuracy("moved, through both", whole(movedScenes(roomy, crops))),
  ];
}

function makeScenes(
  run: Run,
  size: Grid,
  { count, seed, request }: Omit<LargerOptions, "size">,
): Uint8Array[] {
  using progress = new Progress("generating", count, "scenes");
  return Array.from({ length: count }, (_, index) => {
    const scene = newScene(run, size, seed, index, request);
    progress.update(index + 1);
    return scene;
  });
}

async function writeScenes({ run, out }: Workspace, size: Grid, scenes: readonly Uint8Array[]): Promise<void> {
  const shape = [scenes.length, ...size];
  await writeNpy(join(out, SCENES_FILE), { dtype: "uint8", shape, data: concatenate(scenes) });
  await writeClasses(out, run.classes);
  const shown = [{ title: "", volumes: scenes.slice(0, MOST_SHOWN) }], across = Math.min(2, scenes.length);
  const sheet = largerSheet(shown, size, { classes: run.classes, across });
  await writeFileAtomic(join(out, LARGER_SHEET), encodeIndexedPng(sheet));
}

/** The scenes of a call that was stopped before they were measured. */
async function scenesBefore(path: string, size: Grid): Promise<Uint8Array[]> {
  const { data, shape: [count] } = await readNpy(path), voxels = voxelCount(size);
  return Array.from({ length: count }, (_, i) => (data as Uint8Array).slice(i * voxels, (i + 1) * voxels));
}
