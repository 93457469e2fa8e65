/** Describes an `.npy` file for people, also one that is not a usable scene. */
import { UserError } from "../../base/errors.ts";
import { PAPER_CLASSES } from "../classes.ts";
import type { Grid } from "../grid.ts";
import { fromOneHot, toLabels } from "../labels.ts";
import { checkSceneIndex, describeScene } from "../scenes/report.ts";
import type { LabelOptions } from "../scenes/scene_kind.ts";
import { DEFAULT_RESIZING, resizedGrid, resizeNote } from "./resize.ts";
import { type NpyData, type NpyHeader, readNpy, readNpyHeader } from "./npy.ts";
import { readSlice } from "./npy_scene.ts";

/**
 * Type, shape, range, class counts and a top view. Of a stack in C order only the scene that is shown is read.
 *
 * @param index which scene of a stack to show.
 * @throws {UserError} if the file cannot be read or decoded, or has no scene of that index.
 */
export async function inspectNpy(path: string, index: number, options: LabelOptions): Promise<string> {
  const { classes = PAPER_CLASSES } = options;
  const header = await readNpyHeader(path), { shape, fortranOrder, bigEndian } = header;
  const isStack = shape.length === 4, count = isStack ? shape[0] : 1;
  if (isStack || shape.length === 3) checkSceneIndex(path, index, count);
  const oneHot = isStack && count === classes.names.length ? fromOneHot((await readNpy(path)).data, count) : null;
  const data = isStack ? await sceneData(path, header, index) : (await readNpy(path)).data;
  const { lowest, highest, notFinite } = rangeOf(data);
  return [
    `file    ${path}, ${header.dataOffset + header.dataBytes} bytes`,
    `shape   [${shape.join(", ")}]`,
    `dtype   ${header.dtype}, ${fortranOrder ? "Fortran" : "C"} order, ${bigEndian ? "big" : "little"} endian`,
    `range   ${data.length === 0 ? "no elements" : `${lowest} to ${highest}`}` +
    (notFinite > 0 ? `, ${notFinite} not finite` : ""),
    "",
    ...oneHot
      ? [
        `one-hot: one scene, a volume of 0 and 1 for each of ${count} classes`,
        ...described(oneHot, shape, path, options),
      ]
      : isStack
      ? [`scene ${index} of ${count}`, ...described(data, shape, path, options)]
      : described(data, shape, path, options),
  ].join("\n") + "\n";
}

async function sceneData(path: string, header: NpyHeader, index: number): Promise<NpyData> {
  if (!header.fortranOrder) return (await readSlice(path, header, index)).data;
  const voxels = header.length / header.shape[0];
  return (await readNpy(path)).data.subarray(index * voxels, (index + 1) * voxels);
}

function rangeOf(data: NpyData): { lowest: number | bigint; highest: number | bigint; notFinite: number } {
  let [lowest, highest]: [number | bigint, number | bigint] = [Infinity, -Infinity];
  let notFinite = 0;
  for (const value of data as Iterable<number | bigint>) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    if (typeof value === "number" && !Number.isFinite(value)) notFinite++;
  }
  return { lowest, highest, notFinite };
}

/** The scene if the numbers are labels, else why they are none. */
function described(
  data: NpyData,
  shape: readonly number[],
  path: string,
  { classes = PAPER_CLASSES, resize = DEFAULT_RESIZING }: LabelOptions,
): string[] {
  if (shape.length !== 3 && shape.length !== 4) {
    return [`no scene: ${shape.length} axes, expected [x, y, z] or [n, x, y, z]`];
  }
  const [x, y, z] = shape.slice(-3), grid: Grid = [x, y, z];
  try {
    const labels = toLabels(data, path, grid, classes), resized = resizedGrid(grid, resize, path);
    const note = resizeNote(grid, resized, resize);
    return [...note ? [`as a scene [${resized.join(", ")}]${note}`] : [], ...describeScene(labels, grid, classes)];
  } catch (problem) {
    if (problem instanceof UserError) return [`no scene: ${problem.message}`];
    throw problem;
  }
}
