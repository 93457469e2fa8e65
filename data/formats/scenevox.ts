/**
 * Scenes in NumPy files: a folder `Scenevox/<sceneId>/<name>.npy` as the reference reads it, loose `.npy` files, and
 * stacks `[n, D, H, W]` of several scenes in one file. Any integer or float type, C or Fortran order.
 */
import { basename, join } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { counted } from "../../base/text.ts";
import { type ClassSet, PAPER_CLASSES } from "../classes.ts";
import { type FileTree, findFiles, hashFiles, stampFiles } from "../scenes/file_tree.ts";
import { DEFAULT_RESIZING, resizedGrid, resizeNote } from "./resize.ts";
import { formatGrid, type Grid, voxelCount } from "../grid.ts";
import { fromOneHot, toLabels } from "../labels.ts";
import { type NpyHeader, readNpy, readNpyHeader } from "./npy.ts";
import { inspectNpy } from "./npy_inspect.ts";
import { type NpySceneJob, readNpyScene, readWhole, toScene } from "./npy_scene.ts";
import { readProvenance } from "../scenes/provenance.ts";
import { unknownNote } from "../unknown_labels.ts";
import type { LabelOptions, SceneKind } from "../scenes/scene_kind.ts";
import type { SceneSource } from "../scenes/scene_source.ts";

/** A file of one scene, or one volume of a stack. */
interface Scene {
  readonly id: string;
  readonly path: string;
  /** The stack and the position in it; null for a file of one scene. */
  readonly stack: { readonly header: NpyHeader; readonly index: number } | null;
  /** Whether the file has a volume of 0 and 1 per class. */
  readonly oneHot: boolean;
}

/** `.npy` files. */
export const SCENEVOX_KIND: SceneKind = {
  kind: "scenevox",
  endings: [".npy"],
  data: [{ name: "Scenevox, the paper's scenes", from: "the authors of the paper", licence: "SUNCG's terms" }],
  open: scenevoxOf,
  inspect: inspectNpy,
  readScene: readNpyScene,
};

/** Name of the folder of scenes in the reference's data set. */
export const SCENEVOX_FOLDER = "Scenevox";
/** In a folder of more files only the first header is read when it is opened, the others with their scenes. */
const MOST_HEADERS = 2_000;

/**
 * Scenes of one `.npy` file, or of all in a folder and its direct subfolders; a subfolder `Scenevox` stands for the
 * folder itself. All headers are read and checked now, labels when a scene is read; in a folder of more than 2,000
 * files whose first is of one scene, the others are taken to be so too and checked when they are read.
 *
 * @throws {UserError} if there is no scene, a header is broken, or the scenes do not have one grid.
 */
export async function scenevoxSource(path: string, options: LabelOptions = {}): Promise<SceneSource> {
  return await scenevoxOf(await findFiles(await scenevoxFolder(path), SCENEVOX_KIND.endings), options);
}

async function scenevoxOf(tree: FileTree, options: LabelOptions): Promise<SceneSource> {
  const { classes = PAPER_CLASSES, renumber = null, resize = DEFAULT_RESIZING } = options;
  const { scenes, grid, path: first } = await listScenes(tree, classes);
  const resized = resizedGrid(grid, resize, first);
  /** The labels of the Fortran-order stack read last: its scenes are interleaved, so they are decoded together. */
  let last: { path: string; labels: Promise<Uint8Array<ArrayBuffer>> } | undefined;
  const readInterleaved = async (path: string, { header, index }: NonNullable<Scene["stack"]>) => {
    if (last?.path !== path) {
      last = { path, labels: readWhole(path, header.shape).then(({ data }) => toLabels(data, path, grid, classes)) };
    }
    const labels = (await last.labels).slice(index * voxelCount(grid), (index + 1) * voxelCount(grid));
    return toScene(labels, { grid, resized, resize, renumber });
  };
  const sceneAt = (index: number): Scene => {
    const scene = scenes[index];
    if (scene === undefined) throw new RangeError(`there is no scene ${index}, only ${scenes.length}`);
    return scene;
  };
  const job = (index: number): NpySceneJob => {
    const { path, stack, oneHot } = sceneAt(index);
    return { kind: "scenevox", path, grid, resized, resize, classes, renumber, slice: stack, oneHot };
  };
  const interleaved = scenes.some(({ stack }) => stack?.header.fortranOrder);
  return {
    description: `${counted(scenes.length, "scene")} in ${basename(tree.root)}${resizeNote(grid, resized, resize)}`,
    grid: resized,
    classes,
    sceneIds: scenes.map((scene) => scene.id),
    async read(index) {
      const { path, stack } = sceneAt(index);
      return stack?.header.fortranOrder ? await readInterleaved(path, stack) : await readNpyScene(job(index));
    },
    ...(!interleaved && { job }),
    stamp: () => stampFiles(tree),
    async provenance(onProgress) {
      const files = await hashFiles(tree, onProgress);
      const madeFrom = await readProvenance(tree.root);
      const options = {
        ...renumber && { renumbered: renumber.join() },
        ...unknownNote(classes),
        ...resizeNote(grid, resized, resize) !== "" && { grid: formatGrid(grid), resize },
      };
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

/** The scenes of the files, their grid, and the first file that has it. @throws {UserError} */
async function listScenes(
  { root, files }: FileTree,
  classes: ClassSet,
): Promise<{ scenes: Scene[]; grid: Grid; path: string }> {
  const scenes: Scene[] = [];
  let grid: Grid | null = null, first = "";
  for (const { path, id } of files) {
    const header = await readNpyHeader(path), found = await scenesOf(header, path, id, classes);
    if (found.length === 0) continue;
    const [x, y, z] = header.shape.slice(-3), here: Grid = [x, y, z];
    if (grid === null) {
      [grid, first] = [here, path];
      if (files.length > MOST_HEADERS && path === files[0].path && header.shape.length === 3) {
        return { scenes: files.map(({ path, id }) => ({ id, path, stack: null, oneHot: false })), grid, path };
      }
    } else if (here.join() !== grid.join()) {
      throw new UserError(
        `${path} has scenes of [${here.join(", ")}] voxels, ${first} of [${
          grid.join(", ")
        }]; keep one grid in a folder`,
      );
    }
    for (const scene of found) scenes.push(scene);
  }
  if (grid === null) throw new UserError(`${root} holds stacks of no scene`);
  return { scenes, grid, path: first };
}

async function scenesOf(header: NpyHeader, path: string, id: string, classes: ClassSet): Promise<Scene[]> {
  const { shape } = header, count = classes.names.length;
  if (shape.length === 3) return [{ id, path, stack: null, oneHot: false }];
  if (shape.length !== 4) {
    throw new UserError(
      `${path} has shape [${shape.join(", ")}], expected the labels of one scene [x, y, z] or of n scenes ` +
        `[n, x, y, z]`,
    );
  }
  if (shape[0] === count && fromOneHot((await readNpy(path)).data, count)) {
    return [{ id, path, stack: null, oneHot: true }];
  }
  return Array.from({ length: shape[0] }, (_, index) => ({
    id: `${id}#${String(index).padStart(5, "0")}`,
    path,
    stack: { header, index },
    oneHot: false,
  }));
}
