/** Scenes in files that are decoded as a whole: what the readers of such formats share. */
import { basename } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { readFile } from "../../base/files.ts";
import { findFiles, hashFiles } from "../scenes/file_tree.ts";
import type { ClassSet } from "../classes.ts";
import { checkGrid, formatGrid, type Grid } from "../grid.ts";
import { paddedGrid, padLabels } from "./pad.ts";
import type { SceneSource } from "../scenes/scene_source.ts";

/** One scene of a file, of any grid. */
export interface DecodedScene {
  /** What sets it apart from others in its file; empty if there is one. */
  readonly name: string;
  /** Size in voxels: x, y (up), z. */
  readonly grid: Grid;
  /** Labels `[D, H, W]`. */
  readonly labels: Uint8Array;
  /** What is to be told about how the file was read; nothing if left out. */
  readonly notes?: readonly string[];
}

/** A format of files. */
export interface SceneFormat {
  /** Kind of source in manifests, e.g. `vox`. */
  readonly kind: string;
  /** Name for people, e.g. `MagicaVoxel models`. */
  readonly title: string;
  /** Endings of its files, with the dot. */
  readonly endings: readonly string[];
  /** Whether a file may hold several scenes: then all files are decoded once to find them. */
  readonly several: boolean;
  /** Options that change the scenes, for manifests; none if left out. */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  /** Decodes a file into labels of these classes. @throws {UserError} naming what is wrong. */
  decode(bytes: Uint8Array, name: string, classes: ClassSet): DecodedScene[] | Promise<DecodedScene[]>;
}

interface Place {
  readonly id: string;
  readonly path: string;
  readonly index: number;
}

/**
 * Scenes of one file, or of all in a folder and its direct subfolders. Scenes whose axes are no multiples of 16 get
 * empty voxels at the far ends.
 *
 * @param classes what the labels stand for.
 * @throws {UserError} if there is no scene, a file that had to be decoded is damaged, or the grids differ.
 */
export async function decodedSource(path: string, format: SceneFormat, classes: ClassSet): Promise<SceneSource> {
  const tree = await findFiles(path, format.endings);
  const decode = async (file: string) => await format.decode(await readFile(file), file, classes);
  const places: Place[] = [];
  let grid: Grid | null = null, inFile = "";
  for (const { path: file, id } of tree.files) {
    if (grid && !format.several) places.push({ id, path: file, index: 0 });
    else {
      for (const [index, scene] of (await decode(file)).entries()) {
        places.push({ id: scene.name === "" ? id : `${id}#${scene.name}`, path: file, index });
        if (grid) checkSame(scene.grid, grid, file, inFile);
        else inFile = file;
        grid ??= scene.grid;
      }
    }
  }
  if (!grid) throw new UserError(`${path} holds no scene`);
  const original = grid, padded = paddedGrid(grid);
  checkGrid(padded, path);
  let last: { path: string; scenes: Promise<DecodedScene[]> } | undefined;
  const sceneAt = async (index: number): Promise<DecodedScene> => {
    const place = places[index];
    if (place === undefined) throw new RangeError(`there is no scene ${index}, only ${places.length}`);
    if (last?.path !== place.path) last = { path: place.path, scenes: decode(place.path) };
    const scene = (await last.scenes)[place.index];
    if (!scene) throw new UserError(`${place.path} changed while it was in use; start again`);
    checkSame(scene.grid, original, place.path, inFile);
    return scene;
  };
  return {
    description: `${places.length} ${format.title} in ${basename(tree.root)}`,
    grid: padded,
    classes,
    sceneIds: places.map(({ id }) => id),
    read: async (index) => padLabels((await sceneAt(index)).labels, original, padded),
    notes: async (index) => (await sceneAt(index)).notes ?? [],
    async provenance(onProgress) {
      const files = await hashFiles(tree, onProgress);
      return {
        kind: format.kind,
        origin: tree.root,
        options: { grid: formatGrid(original), ...format.options },
        files,
      };
    },
    [Symbol.dispose]() {
      last = undefined;
    },
  };
}

function checkSame(found: Grid, expected: Grid, path: string, first: string): void {
  if (found.every((size, axis) => size === expected[axis])) return;
  throw new UserError(
    `${path} has a scene of ${formatGrid(found)} voxels, ${first} of ${
      formatGrid(expected)
    }; keep one grid in a folder`,
  );
}
