/** NumPy `.npz` archives of label volumes. */
import { FormatError } from "../../base/byte_reader.ts";
import { UserError } from "../../base/errors.ts";
import { distinctNames } from "../../base/file_name.ts";
import { type ClassSet, PAPER_CLASSES } from "../classes.ts";
import type { DecodedScene, SceneFormat } from "./decoded_source.ts";
import { type Grid, voxelCount } from "../grid.ts";
import { fromOneHot, toLabels } from "../labels.ts";
import { decodeNpy, type NpyArray } from "./npy.ts";
import { describeNpy } from "./npy_header.ts";
import { zipEntries, type ZipEntry } from "./zip.ts";

const NPY_ENDING = ".npy";

/** Which arrays of archives are scenes. */
export interface NpzOptions {
  /** Name of the one array that holds labels; every array of numbers with three or four axes if left out. */
  readonly array?: string;
}

/** `.npz` files, as `numpy.savez` and `savez_compressed` write them. */
export function npzFormat({ array }: NpzOptions = {}): SceneFormat {
  return {
    kind: "npz",
    title: ".npz scene",
    endings: [".npz"],
    several: true,
    numbered: true,
    ...array !== undefined && { options: { array } },
    decode: (bytes, name, classes) => decodeNpz(bytes, name, classes, { array }),
  };
}

/** An array of an archive, before its numbers are read. */
interface StoredArray {
  readonly key: string;
  /** Name of the archive and of the array in it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
  readonly isNumeric: boolean;
  /** `rgb float32 [3, 48, 64]`. */
  readonly text: string;
}

/**
 * Every array of numbers with three axes is a scene, with four a stack of scenes, or one scene if it is one-hot; others
 * (camera poses, ids, objects) are left out. Two arrays of the same name are numbered.
 *
 * @throws {UserError} if the archive is damaged, has no such array, or a value that is no class.
 */
export async function decodeNpz(
  bytes: Uint8Array,
  name: string,
  classes: ClassSet = PAPER_CLASSES,
  { array }: NpzOptions = {},
): Promise<DecodedScene[]> {
  const arrays = await arraysOf(bytes, name);
  const found = `found ${arrays.map(({ text }) => text).join(", ") || "none"}`;
  const wanted = array === undefined ? arrays : arrays.filter(({ key }) => key === array);
  if (array !== undefined && wanted.length === 0) throw new UserError(`${name} has no array ${array}; ${found}`);
  const volumes = wanted.filter(({ isNumeric, shape }) => isNumeric && (shape.length === 3 || shape.length === 4));
  if (volumes.length === 0) {
    throw new UserError(`${name} holds no labels: expected an array [x, y, z] or [n, x, y, z] of numbers, ${found}`);
  }
  try {
    return volumes.flatMap((stored) => scenesOf(stored, classes));
  } catch (error) {
    if (!(error instanceof UserError) || arrays.length === 1 || array !== undefined) throw error;
    throw new UserError(`${error.message}; if another array has the labels, name it with --array: ${found}`);
  }
}

async function arraysOf(bytes: Uint8Array, name: string): Promise<StoredArray[]> {
  try {
    const entries = (await zipEntries(bytes)).filter(isArray);
    const keys = distinctNames(entries.map((entry) => entry.name.slice(0, -NPY_ENDING.length)));
    const arrays: StoredArray[] = [];
    for (const [i, entry] of entries.entries()) {
      const bytes = await entry.unzip(), { type, isNumeric, shape } = describeNpy(bytes, `${name}, ${entry.name}`);
      const text = `${keys[i]} ${type} [${shape.join(", ")}]`;
      arrays.push({ key: keys[i], name: `${name}, ${keys[i]}`, bytes, shape, isNumeric, text });
    }
    return arrays;
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** macOS adds a file `__MACOSX/._x.npy` of its own for `x.npy`. */
function isArray({ name }: ZipEntry): boolean {
  return name.endsWith(NPY_ENDING) && !name.startsWith("__MACOSX/") && !name.split("/").at(-1)!.startsWith("._");
}

function scenesOf({ key, name, bytes, shape }: StoredArray, classes: ClassSet): DecodedScene[] {
  const array = decodeNpy(bytes, name);
  if (shape.length === 3) return [sceneOf(array, 0, key, name, classes)];
  const [count, x, y, z] = shape;
  const oneHot = count === classes.names.length ? fromOneHot(array.data, count) : null;
  if (oneHot) return [{ name: key, grid: [x, y, z], labels: oneHot }];
  return Array.from({ length: count }, (_, i) => {
    return sceneOf(array, i, `${key}.${String(i).padStart(5, "0")}`, `${name}, scene ${i}`, classes);
  });
}

function sceneOf({ shape, data }: NpyArray, index: number, key: string, name: string, classes: ClassSet): DecodedScene {
  const grid: Grid = [shape[shape.length - 3], shape[shape.length - 2], shape[shape.length - 1]];
  const voxels = voxelCount(grid);
  const labels = toLabels(data.subarray(index * voxels, (index + 1) * voxels), name, grid, classes);
  return { name: key, grid, labels };
}
