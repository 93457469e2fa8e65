/** Scenes in files that are decoded as a whole: what the readers of such formats share. */
import { basename } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { readFile } from "../../base/files.ts";
import { counted } from "../../base/text.ts";
import { type FileTree, hashFiles, stampFiles } from "../scenes/file_tree.ts";
import { type ClassSet, PAPER_CLASSES } from "../classes.ts";
import { formatGrid, type Grid } from "../grid.ts";
import { renumbered } from "../labels.ts";
import { DEFAULT_RESIZING, resizedGrid, resizeLabels, resizeNote } from "./resize.ts";
import { checkSceneIndex, describeScene } from "../scenes/report.ts";
import { unknownNote } from "../unknown_labels.ts";
import type { DataSet, LabelOptions, SceneKind } from "../scenes/scene_kind.ts";
import type { SceneSource } from "../scenes/scene_source.ts";

/** One scene of a file, of any grid. */
export interface DecodedScene {
  /** What sets it apart from others in its file; empty if there is one. */
  readonly name: string;
  /** Size in voxels: x, y (up), z. */
  readonly grid: Grid;
  /** Labels `[D, H, W]`. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** What is to be told about how the file was read; nothing if left out. */
  readonly notes?: readonly string[];
}

/** A format of files. */
export interface SceneFormat {
  /** Kind of source in manifests, e.g. `vox`. */
  readonly kind: string;
  /** Name of one scene for people, e.g. `MagicaVoxel model`. */
  readonly title: string;
  /** Endings of its files, with the dot. */
  readonly endings: readonly string[];
  /** Whether a file may hold several scenes: then all files are decoded once to find them. */
  readonly several: boolean;
  /** Whether the labels in its files are numbers of classes, to be renumbered with them, not names or colours. */
  readonly numbered?: true;
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

/** Files with these endings, decoded as `formatOf` says for the options. */
export function decodedKind<Options extends LabelOptions>(
  endings: readonly string[],
  formatOf: (options: Options) => SceneFormat,
  data: readonly DataSet[],
): SceneKind<Options> {
  return {
    endings,
    data,
    open: async (tree, options) => await decodedSource(tree, formatOf(options), options),
    inspect: async (path, index, options) => await inspectDecoded(path, index, formatOf(options), options),
  };
}

/**
 * Scenes of all files of a tree.
 * @throws {UserError} if there is no scene, a file that had to be decoded is damaged, or the grids differ.
 */
export async function decodedSource(
  tree: FileTree,
  format: SceneFormat,
  options: LabelOptions = {},
): Promise<SceneSource> {
  const { classes = PAPER_CLASSES, resize = DEFAULT_RESIZING } = options;
  const renumber = format.numbered && options.renumber || null;
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
  if (!grid) throw new UserError(`${tree.root} holds no scene`);
  const original = grid, resized = resizedGrid(grid, resize, inFile);
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
    description: `${counted(places.length, format.title)} in ${basename(tree.root)}${
      resizeNote(original, resized, resize)
    }`,
    grid: resized,
    classes,
    sceneIds: places.map(({ id }) => id),
    async read(index) {
      const { labels } = await sceneAt(index);
      return resizeLabels(renumbered(labels, renumber), original, resized, resize);
    },
    ...format.numbered && !format.several && { stamp: () => stampFiles(tree) },
    notes: async (index) => (await sceneAt(index)).notes ?? [],
    async provenance(onProgress) {
      const files = await hashFiles(tree, onProgress);
      return {
        kind: format.kind,
        origin: tree.root,
        options: {
          grid: formatGrid(original),
          ...format.options,
          ...resize !== DEFAULT_RESIZING && { resize },
          ...renumber && { renumbered: renumber.join() },
          ...format.numbered && unknownNote(classes),
        },
        files,
      };
    },
    [Symbol.dispose]() {
      last = undefined;
    },
  };
}

async function inspectDecoded(
  path: string,
  index: number,
  format: SceneFormat,
  { classes = PAPER_CLASSES, resize = DEFAULT_RESIZING }: LabelOptions,
): Promise<string> {
  const bytes = await readFile(path), scenes = await format.decode(bytes, path, classes);
  checkSceneIndex(path, index, scenes.length);
  const { name, grid, labels, notes = [] } = scenes[index], resized = resizedGrid(grid, resize, path);
  const note = resizeNote(grid, resized, resize);
  return [
    `file    ${path}, ${bytes.length} bytes, ${counted(scenes.length, "scene")}`,
    `scene   ${index}${name && ` (${name})`}, [${grid.join(", ")}]${
      note && `, as a scene [${resized.join(", ")}]${note}`
    }`,
    ...notes.map((note) => `note    ${note}`),
    "",
    ...describeScene(labels, grid, classes),
  ].join("\n") + "\n";
}

function checkSame(found: Grid, expected: Grid, path: string, first: string): void {
  if (found.every((size, axis) => size === expected[axis])) return;
  throw new UserError(
    `${path} has a scene of ${formatGrid(found)} voxels, ${first} of ${
      formatGrid(expected)
    }; keep one grid in a folder`,
  );
}
