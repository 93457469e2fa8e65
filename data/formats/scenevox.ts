/**
 * Scenes in NumPy files: a folder `Scenevox/<sceneId>/<name>.npy` as the reference reads it, loose `.npy` files, and
 * stacks `[n, D, H, W]` of several scenes in one file. Any integer or float type, C or Fortran order.
 */
import { basename, join } from "@std/path";
import { ioError, UserError } from "../../base/errors.ts";
import { type ClassSet, PAPER_CLASSES } from "../classes.ts";
import { type FileTree, findFiles, hashFiles } from "../scenes/file_tree.ts";
import { checkGrid, type Grid, voxelCount } from "../grid.ts";
import type { NpyHeader } from "./npy.ts";
import { NPY_HEADER_PROBE_BYTES, parseNpyHeader } from "./npy_header.ts";
import { type NpySceneJob, readNpyScene, readWhole } from "./npy_scene.ts";
import { readProvenance } from "../scenes/provenance.ts";
import type { SceneSource } from "../scenes/scene_source.ts";

/** A file of one scene, or one volume of a stack. */
interface Scene {
  readonly id: string;
  readonly path: string;
  /** The stack and the position in it; null for a file of one scene. */
  readonly stack: { readonly header: NpyHeader; readonly index: number } | null;
}

/** Name of the folder of scenes in the reference's data set. */
export const SCENEVOX_FOLDER = "Scenevox";
/** In a folder of more files only the first header is read when it is opened, the others with their scenes. */
const MOST_HEADERS = 2_000;

/**
 * Scenes of one `.npy` file, or of all in a folder and its direct subfolders; a subfolder `Scenevox` stands for the
 * folder itself. All headers are read and checked now, labels when a scene is read; in a folder of more than 2,000
 * files whose first is of one scene, the others are taken to be so too and checked when they are read.
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
  return await scenevoxOf(await findFiles(await scenevoxFolder(path), [".npy"]), classes, renumber);
}

/** {@link scenevoxSource} of files that are found already. */
export async function scenevoxOf(
  tree: FileTree,
  classes: ClassSet = PAPER_CLASSES,
  renumber: Uint8Array | null = null,
): Promise<SceneSource> {
  const classCount = classes.names.length;
  const { scenes, grid } = await listScenes(tree);
  /** The labels of the Fortran-order stack read last: its scenes are interleaved, so they are decoded together. */
  let last: { path: string; labels: Promise<Uint8Array> } | undefined;
  const readInterleaved = async (path: string, { header, index }: NonNullable<Scene["stack"]>) => {
    if (last?.path !== path) last = { path, labels: readWhole(path, header.shape, classCount) };
    const labels = (await last.labels).slice(index * voxelCount(grid), (index + 1) * voxelCount(grid));
    return renumber ? labels.map((label) => renumber[label]) : labels;
  };
  const sceneAt = (index: number): Scene => {
    const scene = scenes[index];
    if (scene === undefined) throw new RangeError(`there is no scene ${index}, only ${scenes.length}`);
    return scene;
  };
  const job = (index: number): NpySceneJob => {
    const { path, stack } = sceneAt(index);
    return { kind: "npy", path, grid, classCount, renumber, slice: stack };
  };
  const interleaved = scenes.some(({ stack }) => stack?.header.fortranOrder);
  return {
    description: `${scenes.length} scenes in ${basename(tree.root)}`,
    grid,
    classes,
    sceneIds: scenes.map((scene) => scene.id),
    async read(index) {
      const { path, stack } = sceneAt(index);
      return stack?.header.fortranOrder ? await readInterleaved(path, stack) : await readNpyScene(job(index));
    },
    ...(!interleaved && { job }),
    async provenance(onProgress) {
      const files = await hashFiles(tree, onProgress);
      const madeFrom = await readProvenance(tree.root);
      const options: Record<string, string> = renumber ? { renumbered: renumber.join() } : {};
      return { kind: "scenevox", origin: tree.root, options, files, ...(madeFrom && { madeFrom }) };
    },
    [Symbol.dispose]() {
      last = undefined;
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

/** The scenes of the files and their grid. @throws {UserError} */
async function listScenes({ root, files }: FileTree): Promise<{ scenes: Scene[]; grid: Grid }> {
  const scenes: Scene[] = [];
  let grid: readonly number[] = [], gridPath = "";
  for (const { path, id } of files) {
    const header = await readHeader(path), found = scenesOf(header, path, id);
    if (found.length === 0) continue;
    if (gridPath === "") {
      [grid, gridPath] = [gridOf(header), path];
      checkGrid(grid, path);
      if (files.length > MOST_HEADERS && path === files[0].path && found[0].stack === null) {
        return { scenes: files.map(({ path, id }) => ({ id, path, stack: null })), grid };
      }
    } else if (gridOf(header).join() !== grid.join()) {
      throw new UserError(
        `${path} has scenes of [${gridOf(header).join(", ")}] voxels, ${gridPath} of [${grid.join(", ")}]; keep ` +
          `one grid in a folder`,
      );
    }
    for (const scene of found) scenes.push(scene);
  }
  if (scenes.length === 0) throw new UserError(`${root} holds stacks of no scene`);
  checkGrid(grid, gridPath);
  return { scenes, grid };
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
  if (header.shape.length === 3) return [{ id, path, stack: null }];
  if (header.shape.length !== 4) {
    throw new UserError(
      `${path} has shape [${header.shape.join(", ")}], expected the labels of one scene [x, y, z] or of n scenes ` +
        `[n, x, y, z]`,
    );
  }
  return Array.from({ length: header.shape[0] }, (_, index) => ({
    id: `${id}#${String(index).padStart(5, "0")}`,
    path,
    stack: { header, index },
  }));
}
