/** Opens scenes of any kind by their path. */
import { UserError } from "../../base/errors.ts";
import { classesFor, findClasses } from "../class_file.ts";
import { type ClassSet, describeClasses, PAPER_CLASSES, sameClasses } from "../classes.ts";
import { scenevoxFolder } from "../formats/scenevox.ts";
import { type FileTree, findFiles, findOneFile, type FoundFile, hasManyEntries } from "./file_tree.ts";
import { firstKey } from "./first_key.ts";
import { withUnknown } from "../unknown_labels.ts";
import type { SceneKind } from "./scene_kind.ts";
import type { SceneSource } from "./scene_source.ts";
import { SCENE_KINDS, type SceneOptions } from "./sources.ts";

export type { SceneOptions };

/** Endings of all files that hold scenes. */
export const SCENE_ENDINGS: readonly string[] = [...new Set(SCENE_KINDS.flatMap(({ endings }) => endings))];

/** The kind of a file by its ending, and of JSON by its beginning; undefined for one that holds no scenes. */
async function kindOf(path: string): Promise<SceneKind<SceneOptions> | undefined> {
  const kinds = SCENE_KINDS.filter(({ endings }) => endings.some((ending) => path.toLowerCase().endsWith(ending)));
  if (kinds.every(({ firstKeys }) => firstKeys === undefined)) return kinds[0];
  const key = await firstKey(path);
  return kinds.find(({ firstKeys }) => firstKeys === undefined || (key !== null && firstKeys.includes(key)));
}

/** The one kind of the scenes in a tree, and their files. @throws {UserError} if there is none, or several. */
async function sortOut(path: string, tree: FileTree): Promise<{ kind: SceneKind<SceneOptions>; tree: FileTree }> {
  const kinds = new Map<FoundFile, SceneKind<SceneOptions>>();
  for (const file of tree.files) {
    const kind = await kindOf(file.path);
    if (kind) kinds.set(file, kind);
  }
  const kindsFound = () => {
    const found = new Set(kinds.values());
    return SCENE_KINDS.filter((each) => found.has(each));
  };
  for (const kind of kindsFound()) {
    const ids = new Set([...kinds].filter(([, each]) => each === kind).map(([{ id }]) => id));
    const isCompanion = ({ path, id }: FoundFile) =>
      ids.has(id) && kind.companions?.some((ending) => path.toLowerCase().endsWith(ending));
    for (const file of kind.companions ? tree.files.filter(isCompanion) : []) kinds.delete(file);
  }
  const [kind, other] = kindsFound();
  if (!kind) {
    const keys = SCENE_KINDS.flatMap(({ firstKeys = [] }) => firstKeys).join(", ");
    throw new UserError(`${path} holds no scenes: no file in JSON in it begins with one of the keys ${keys}`);
  }
  if (other) {
    throw new UserError(
      `${path} holds both ${kind.endings[0]} and ${other.endings[0]} files; keep the kinds in separate folders`,
    );
  }
  return { kind, tree: { root: tree.root, files: tree.files.filter((file) => kinds.has(file)) } };
}

/**
 * Opens a file of scenes, or a folder of files of one kind, by what it holds; sources.ts lists the kinds.
 *
 * @param options those that a kind of files does not know are without effect on it.
 * @throws {UserError} if the path cannot be read, holds no scenes or several kinds, or the scenes are not usable.
 */
export async function openScenes(path: string, options: SceneOptions = {}): Promise<SceneSource> {
  const { kind, tree } = await sortOut(path, await findFiles(await scenevoxFolder(path), SCENE_ENDINGS));
  return await kind.open(tree, kind.knowsClasses ? options : await withClasses(path, options));
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
  const file = await findOneFile(folder, SCENE_ENDINGS, async (each) => await kindOf(each) !== undefined);
  return await openScenes(file, (await kindOf(file))?.knowsClasses ? options : await withClasses(path, options));
}

/**
 * Describes a file of scenes for people: type, shape, classes, and one of its scenes from above.
 *
 * @param index which of its scenes to show.
 * @throws {UserError} if the file cannot be read or decoded, or has no scene of that index.
 */
export async function inspectFile(path: string, index = 0, options: SceneOptions = {}): Promise<string> {
  if ((await Deno.stat(path).catch(() => null))?.isDirectory) {
    throw new UserError(
      `${path} is a folder, a file was expected; deno task data stats ${path} describes all its scenes`,
    );
  }
  const kind = await kindOf(path);
  if (!kind) {
    throw new UserError(
      SCENE_ENDINGS.some((ending) => path.toLowerCase().endsWith(ending))
        ? `${path} is no file of scenes: it does not begin as one`
        : `${path} is no file of scenes: its name ends in none of ${SCENE_ENDINGS.join(", ")}`,
    );
  }
  const classes = options.classes ?? (kind.knowsClasses ? undefined : await classesFor(path));
  return await kind.inspect(path, index, { ...options, classes: classes && withUnknownOf(classes, options) });
}

/** Adds the classes. @throws {UserError} if the file beside the scenes tells other classes than those wanted. */
async function withClasses(
  path: string,
  options: SceneOptions,
): Promise<SceneOptions & { readonly classes: ClassSet }> {
  const { classes: wanted } = options, found = await findClasses(path);
  if (wanted && found && !sameClasses(wanted, found)) {
    throw new UserError(
      `the scenes in ${path} have the classes ${describeClasses(found)}; expected ${describeClasses(wanted)}`,
    );
  }
  const classes = wanted && found ? { ...wanted, file: found.file } : wanted ?? found ?? PAPER_CLASSES;
  return { ...options, classes: withUnknownOf(classes, options) };
}

function withUnknownOf(classes: ClassSet, { unknownLabels, renumber }: SceneOptions): ClassSet {
  return unknownLabels === undefined ? classes : withUnknown(classes, unknownLabels, renumber);
}
