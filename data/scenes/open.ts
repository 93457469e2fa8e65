/** Opens scenes of any kind by their path. */
import { UserError } from "../../base/errors.ts";
import { findClasses } from "../class_file.ts";
import { type ClassSet, PAPER_CLASSES, sameClasses } from "../classes.ts";
import { decodedSource, type SceneFormat } from "../formats/decoded_source.ts";
import { findFiles, findOneFile, hasManyEntries } from "./file_tree.ts";
import { MESH_ENDINGS, meshFormat, type MeshOptions } from "../formats/mesh/mesh_format.ts";
import { NPZ_FORMAT } from "../formats/npz.ts";
import { OCCSCANNET_FORMAT } from "../formats/occscannet.ts";
import { PACK_ENDING, packsOf } from "../formats/pack/pack.ts";
import type { SceneSource } from "./scene_source.ts";
import { scenevoxFolder, scenevoxOf } from "../formats/scenevox.ts";
import { type SscnetOptions, sscnetSource } from "../formats/sscnet.ts";
import { VOX_FORMAT } from "../formats/vox/vox.ts";

/** How files become scenes. */
export interface SceneOptions extends SscnetOptions {
  /** What the labels stand for; what a `classes.json` beside the scenes says, else the published classes. */
  readonly classes?: ClassSet;
  /** The label of `classes` for each label in `.npy` files, to renumber them; labels stay if left out. */
  readonly renumber?: Uint8Array | null;
  /** How meshes become scenes; {@link DEFAULT_MESH_OPTIONS} if left out. Without effect on other files. */
  readonly mesh?: MeshOptions;
}

/** Formats of files that are decoded as a whole, meshes apart. */
const DECODED_FORMATS: readonly SceneFormat[] = [NPZ_FORMAT, OCCSCANNET_FORMAT, VOX_FORMAT];

/** Endings of decoded files that hold labels, not names or colours of classes. */
const NUMBERED: readonly string[] = [...NPZ_FORMAT.endings, ...OCCSCANNET_FORMAT.endings];

/** Endings of all files that hold scenes. */
const ENDINGS: readonly string[] = [
  ".npy",
  ".bin",
  PACK_ENDING,
  ...DECODED_FORMATS.flatMap(({ endings }) => endings),
  ...MESH_ENDINGS,
];

/** The format of a file that is decoded as a whole, by its ending; undefined for other files. */
export function decodedFormat(path: string, { mesh }: SceneOptions = {}): SceneFormat | undefined {
  const name = path.toLowerCase(), meshEnding = MESH_ENDINGS.find((ending) => name.endsWith(ending));
  if (meshEnding) return meshFormat(meshEnding, mesh);
  return DECODED_FORMATS.find(({ endings }) => endings.some((ending) => name.endsWith(ending)));
}

/**
 * Opens a Scenevox folder, an `.npy` file or `.npz` archive, a `.pack`, an SSCNet `.bin`, OccScanNet `.pkl` or
 * MagicaVoxel `.vox` file, a `.glb` or `.obj` mesh, or a folder of such files, by what it holds.
 *
 * @param options those of SSCNet volumes and of meshes are without effect on other files.
 * @throws {UserError} if the path cannot be read, holds no scenes or several kinds, or the scenes are not usable.
 */
export async function openScenes(path: string, options: SceneOptions = {}): Promise<SceneSource> {
  const tree = await findFiles(await scenevoxFolder(path), ENDINGS);
  const kinds = ENDINGS.filter((ending) => tree.files.some((file) => file.path.toLowerCase().endsWith(ending)));
  if (kinds.length > 1) {
    throw new UserError(`${path} holds both ${kinds[0]} and ${kinds[1]} files; keep the kinds in separate folders`);
  }
  const [kind] = kinds;
  if (kind === PACK_ENDING) return ofClasses(packsOf(tree), path, options);
  const classes = await sceneClasses(path, options.classes);
  if (kind === ".npy") return await scenevoxOf(tree, classes, options.renumber);
  if (kind === ".bin") {
    if (sameClasses(classes, PAPER_CLASSES)) return await sscnetSource(path, options);
    throw new UserError(`${path}: SSCNet volumes become scenes of the published classes; leave out --classes`);
  }
  if (options.renumber && NUMBERED.includes(kind)) {
    throw new UserError(`${path}: labels of ${kind} files are not renumbered; put the empty class first, as label 0`);
  }
  return await decodedSource(await scenevoxFolder(path), decodedFormat(kind, options)!, classes);
}

/**
 * Opens what tells grid and classes of the scenes at `path`: all of them, or a single file where a list of all takes
 * seconds. Whether very many files are alike is for {@link openScenes} to see.
 *
 * @throws {UserError} as {@link openScenes}.
 */
export async function openSample(path: string, options: SceneOptions = {}): Promise<SceneSource> {
  const folder = await scenevoxFolder(path);
  if (!await hasManyEntries(folder)) return await openScenes(path, options);
  const classes = await sceneClasses(path, options.classes);
  const file = await findOneFile(folder, ENDINGS);
  return await openScenes(file, file.toLowerCase().endsWith(PACK_ENDING) ? options : { ...options, classes });
}

/** A pack knows its classes itself. @throws {UserError} if others are wanted. */
function ofClasses(source: SceneSource, path: string, { classes, renumber }: SceneOptions): SceneSource {
  const found = source.classes ?? PAPER_CLASSES;
  if (!renumber && (classes === undefined || sameClasses(found, classes))) return source;
  source[Symbol.dispose]();
  throw new UserError(
    `the scenes packed in ${path} have the classes ${found.names.join(", ")}; expected ` +
      `${renumber ? "scenes to renumber" : classes?.names.join(", ")}; pack the scenes again with other --classes`,
  );
}

/** @throws {UserError} if the file beside the scenes tells other classes than those wanted. */
async function sceneClasses(path: string, wanted: ClassSet | undefined): Promise<ClassSet> {
  const found = await findClasses(path);
  if (wanted && found && !sameClasses(wanted, found)) {
    throw new UserError(
      `the scenes in ${path} have the classes ${found.names.join(", ")}; expected ${wanted.names.join(", ")}`,
    );
  }
  return wanted ?? found ?? PAPER_CLASSES;
}
