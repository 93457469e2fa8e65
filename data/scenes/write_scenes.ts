/** Writes scenes as a Scenevox folder. */
import { join, resolve } from "@std/path";
import { CLASSES_FILE, findClasses, writeClasses } from "../class_file.ts";
import { describeClasses, PAPER_CLASSES, sameClasses } from "../classes.ts";
import { ioError, UserError } from "../../base/errors.ts";
import { distinctNames, fileName } from "../../base/file_name.ts";
import { writeNpy } from "../formats/npy.ts";
import { SCENEVOX_FOLDER } from "../formats/scenevox.ts";
import { PROVENANCE_FILE, writeProvenance } from "./provenance.ts";
import type { SceneSource } from "./scene_source.ts";
import { splitGroup } from "./split.ts";

/** Options of {@link writeScenes}. */
export interface WriteScenesOptions {
  /** Write into a folder that is not empty: files of the same name are replaced, others stay. */
  readonly force?: boolean;
  /** Told how many scenes of how many are written. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes every scene of a source as `<folder>/<sceneId>/<name>.npy`, uint8 `[D, H, W]`, each atomically, and at the end
 * `provenance.json`, which tells what the scenes were made from, and `classes.json` if they are not the published ones.
 *
 * @throws {UserError} if the folder has something in it (without `force`), is where the scenes come from, or cannot
 *   be written, or if a scene cannot be read.
 */
export async function writeScenes(
  source: SceneSource,
  folder: string,
  options: WriteScenesOptions = {},
): Promise<void> {
  if (!options.force) await checkEmptyFolder(folder);
  const { classes = PAPER_CLASSES } = source, there = await findClasses(folder);
  if (there && !sameClasses(there, classes)) {
    throw new UserError(
      `${folder} is for scenes of the classes ${describeClasses(there)}, these have ${describeClasses(classes)}; ` +
        `choose another folder`,
    );
  }
  const provenance = await source.provenance();
  if (provenance.origin === resolve(folder)) {
    throw new UserError(`${folder} is the folder that the scenes come from; choose another folder`);
  }
  const paths = distinctNames(source.sceneIds.map(scenePath));
  for (const [index, path] of paths.entries()) {
    const data = await source.read(index);
    await writeNpy(join(folder, `${path}.npy`), { dtype: "uint8", shape: source.grid, data });
    options.onProgress?.(index + 1, paths.length);
  }
  await writeClasses(folder, classes);
  await writeProvenance(folder, provenance);
}

/** Names that have a meaning of their own in a folder of scenes. */
const RESERVED: readonly string[] = [CLASSES_FILE, PROVENANCE_FILE, SCENEVOX_FOLDER].map((name) => name.toLowerCase());

/** `<sceneId>/<name>` of a scene, without the ending; its folder is its group in a split. */
function scenePath(id: string): string {
  const group = splitGroup(id), rest = id.slice(group.length + 1), folder = fileName(group);
  const reserved = RESERVED.includes(folder.toLowerCase());
  return `${folder}${reserved ? "_" : ""}/${rest === "" ? "labels" : fileName(rest)}`;
}

/** Checks that a folder may be written into. @throws {UserError} if there is something in it, or it cannot be listed. */
export async function checkEmptyFolder(folder: string): Promise<void> {
  if (await isEmptyOrMissing(folder)) return;
  throw new UserError(`${folder} is not empty; choose another folder, or --force to replace scenes of the same name`);
}

async function isEmptyOrMissing(folder: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(folder)) return false;
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return true;
    throw ioError(folder, "write", cause);
  }
}
