/** NumPy `.npz` archives of label volumes. */
import { FormatError } from "../../base/byte_reader.ts";
import { UserError } from "../../base/errors.ts";
import { type ClassSet, PAPER_CLASSES } from "../classes.ts";
import type { DecodedScene, SceneFormat } from "./decoded_source.ts";
import { type Grid, voxelCount } from "../grid.ts";
import { toLabels } from "../labels.ts";
import { decodeNpy, type NpyArray } from "./npy.ts";
import { unzip, zipEntries } from "./zip.ts";

/** `.npz` files, as `numpy.savez` and `savez_compressed` write them. */
export const NPZ_FORMAT: SceneFormat = {
  kind: "npz",
  title: "scenes of .npz archives",
  endings: [".npz"],
  several: true,
  decode: decodeNpz,
};

/**
 * Every array with three axes is a scene, with four a stack of scenes; others (camera poses, ids) are left out.
 * @throws {UserError} if the archive is damaged, has no such array, or a value that is no class.
 */
export async function decodeNpz(
  bytes: Uint8Array,
  name: string,
  classes: ClassSet = PAPER_CLASSES,
): Promise<DecodedScene[]> {
  const scenes: DecodedScene[] = [], others: string[] = [], classCount = classes.names.length;
  for (const { array, key } of await arraysOf(new Uint8Array(bytes), name)) {
    const { shape } = array;
    if (shape.length === 3) scenes.push(sceneOf(array, 0, key, `${name}, ${key}`, classCount));
    else if (shape.length === 4) {
      for (let i = 0; i < shape[0]; i++) {
        scenes.push(
          sceneOf(array, i, `${key}.${String(i).padStart(5, "0")}`, `${name}, ${key}, scene ${i}`, classCount),
        );
      }
    } else others.push(`${key} [${shape.join(", ")}]`);
  }
  if (scenes.length > 0) return scenes;
  throw new UserError(
    `${name} holds no labels: expected an array [x, y, z] or [n, x, y, z], found ${others.join(", ") || "none"}`,
  );
}

async function arraysOf(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<{ key: string; array: NpyArray }[]> {
  try {
    const arrays = [];
    for (const entry of zipEntries(bytes)) {
      if (!entry.name.endsWith(".npy")) continue;
      const array = decodeNpy(await unzip(entry), `${name}, ${entry.name}`);
      arrays.push({ key: entry.name.slice(0, -".npy".length), array });
    }
    return arrays;
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

function sceneOf(
  { shape, data }: NpyArray,
  index: number,
  key: string,
  name: string,
  classCount: number,
): DecodedScene {
  const grid: Grid = [shape[shape.length - 3], shape[shape.length - 2], shape[shape.length - 1]];
  const voxels = voxelCount(grid);
  const labels = toLabels(data.subarray(index * voxels, (index + 1) * voxels), name, grid, classCount);
  return { name: key, grid, labels };
}
