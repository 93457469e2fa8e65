/**
 * Scenes in NumPy files: a folder `Scenevox/<sceneId>/<name>.npy` as the reference reads it, loose `.npy` files, and
 * stacks `[n, D, H, W]` of several scenes in one file. Any integer or float type, C or Fortran order.
 */
import { basename, join } from "@std/path";
import { ioError, UserError } from "../base/errors.ts";
import { type ClassSet, PAPER_CLASSES } from "./classes.ts";
import { findFiles, hashFiles } from "./file_tree.ts";
import { checkGrid, type Grid, voxelCount } from "./grid.ts";
import { toLabels } from "./labels.ts";
import { decodeNpyData, type NpyHeader, readNpy } from "./npy.ts";
import { NPY_HEADER_PROBE_BYTES, NPY_ITEM_BYTES, parseNpyHeader } from "./npy_header.ts";
import { readProvenance } from "./provenance.ts";
import type { SceneSource } from "./scene_source.ts";

/** One scene: a whole file, or one volume of a stack. */
interface Scene {
  readonly id: string;
  readonly path: string;
  readonly header: NpyHeader;
  /** Position in the stack; undefined for a file of one scene. */
  readonly slice?: number;
}

/** Name of the folder of scenes in the reference's data set. */
export const SCENEVOX_FOLDER = "Scenevox";

/**
 * Scenes of one `.npy` file, or of all in a folder and its direct subfolders; a subfolder `Scenevox` stands for the
 * folder itself. All headers are read and checked now, labels when a scene is read.
 *
 * @param classes what the labels stand for.
 * @param renumber the label of `classes` for each label in the files; null if they are the same.
 * @throws {UserError} if there is no scene, a header is broken, or the scenes do not have one grid of multiples of 16.
 */
export async function scenevoxSource(
  path: string,
  classes: ClassSet = PAPER_CLASSES,
  renumber: Uint8Array | null = null,
): Promise<SceneSource> {
  const classCount = classes.names.length;
  const tree = await findFiles(await scenevoxFolder(path), [".npy"]);
  const scenes: Scene[] = [];
  for (const { path, id } of tree.files) scenes.push(...scenesOf(await readHeader(path), path, id));
  if (scenes.length === 0) throw new UserError(`${path} holds stacks of no scene`);
  const grid = gridOf(scenes[0].header);
  checkGrid(grid, scenes[0].path);
  for (const { header, path } of scenes) {
    if (gridOf(header).join() !== grid.join()) {
      throw new UserError(
        `${path} has scenes of [${gridOf(header).join(", ")}] voxels, ${scenes[0].path} of [${
          grid.join(", ")
        }]; keep ` +
          `one grid in a folder`,
      );
    }
  }
  /** The labels of the Fortran-order stack read last: its scenes are interleaved, so they are decoded together. */
  let stack: { path: string; labels: Promise<Uint8Array> } | undefined;
  const readScene = async (index: number): Promise<Uint8Array> => {
    const scene = scenes[index];
    if (scene === undefined) throw new RangeError(`there is no scene ${index}, only ${scenes.length}`);
    if (scene.slice === undefined) return await readWhole(scene.path, scene.header, classCount, grid);
    if (!scene.header.fortranOrder) return await readSlice(scene.path, scene.header, scene.slice, grid, classCount);
    if (stack?.path !== scene.path) {
      stack = { path: scene.path, labels: readWhole(scene.path, scene.header, classCount) };
    }
    const start = scene.slice * voxelCount(grid);
    return (await stack.labels).slice(start, start + voxelCount(grid));
  };
  return {
    description: `${scenes.length} scenes in ${basename(tree.root)}`,
    grid,
    classes,
    sceneIds: scenes.map((scene) => scene.id),
    async read(index) {
      const labels = await readScene(index);
      return renumber ? labels.map((label) => renumber[label]) : labels;
    },
    async provenance(onProgress) {
      const files = await hashFiles(tree, onProgress);
      const madeFrom = await readProvenance(tree.root);
      const options: Record<string, string> = renumber ? { renumbered: renumber.join() } : {};
      return { kind: "scenevox", origin: tree.root, options, files, ...(madeFrom && { madeFrom }) };
    },
    [Symbol.dispose]() {
      stack = undefined;
    },
  };
}

/** The subfolder `Scenevox` of a folder if it has one, else the path itself. */
export async function scenevoxFolder(path: string): Promise<string> {
  const inner = join(path, SCENEVOX_FOLDER);
  try {
    return (await Deno.stat(inner)).isDirectory ? inner : path;
  } catch {
    return path; // not there, or `path` is a file: findFiles says what is wrong with `path` itself
  }
}

/** Reads the header alone and checks the length of the file against it. */
async function readHeader(path: string): Promise<NpyHeader> {
  const start = new Uint8Array(NPY_HEADER_PROBE_BYTES);
  let read = 0;
  let fileBytes = 0;
  try {
    using file = await Deno.open(path);
    fileBytes = (await file.stat()).size;
    for (let n: number | null = 0; n !== null && read < start.length; read += n ?? 0) {
      n = await file.read(start.subarray(read));
    }
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
  const header = parseNpyHeader(start.subarray(0, read), path);
  const expected = header.dataOffset + header.dataBytes;
  if (fileBytes !== expected) {
    throw new UserError(
      `${path} is ${
        fileBytes < expected ? "truncated" : "too long"
      }: ${fileBytes} bytes, its header promises ${expected}`,
    );
  }
  return header;
}

const gridOf = (header: NpyHeader): readonly number[] => header.shape.slice(-3);

function scenesOf(header: NpyHeader, path: string, id: string): Scene[] {
  if (header.shape.length === 3) return [{ id, path, header }];
  if (header.shape.length !== 4) {
    throw new UserError(
      `${path} has shape [${header.shape.join(", ")}], expected the labels of one scene [x, y, z] or of n scenes ` +
        `[n, x, y, z]`,
    );
  }
  return Array.from({ length: header.shape[0] }, (_, slice) => ({
    id: `${id}#${String(slice).padStart(5, "0")}`,
    path,
    header,
    slice,
  }));
}

async function readWhole(path: string, header: NpyHeader, classCount: number, grid?: Grid): Promise<Uint8Array> {
  const array = await readNpy(path);
  if (array.shape.join() !== header.shape.join()) throw changed(path);
  return toLabels(array.data, path, grid, classCount);
}

async function readSlice(
  path: string,
  header: NpyHeader,
  slice: number,
  grid: Grid,
  classCount: number,
): Promise<Uint8Array> {
  const length = voxelCount(grid);
  const bytes = new Uint8Array(length * NPY_ITEM_BYTES[header.dtype]);
  let read = 0;
  try {
    using file = await Deno.open(path);
    await file.seek(header.dataOffset + slice * bytes.length, Deno.SeekMode.Start);
    for (let n: number | null = 0; n !== null && read < bytes.length; read += n ?? 0) {
      n = await file.read(bytes.subarray(read));
    }
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
  if (read < bytes.length) throw changed(path);
  const { data } = decodeNpyData(bytes, { ...header, shape: grid, length, dataBytes: bytes.length });
  return toLabels(data, `${path}, scene ${slice}`, grid, classCount);
}

function changed(path: string): UserError {
  return new UserError(`${path} changed while it was in use; start again`);
}
