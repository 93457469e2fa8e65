/** Writes scenes as a Scenevox folder. */
import { join, resolve } from "@std/path";
import { findClasses, writeClasses } from "../class_file.ts";
import { PAPER_CLASSES, sameClasses } from "../classes.ts";
import { ioError, UserError } from "../../base/errors.ts";
import { writeNpy } from "../formats/npy.ts";
import { writeProvenance } from "./provenance.ts";
import type { SceneSource } from "./scene_source.ts";

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
      `${folder} is for scenes of the classes ${there.names.join(", ")}, these have ${classes.names.join(", ")}; ` +
        `choose another folder`,
    );
  }
  const provenance = await source.provenance();
  if (provenance.origin === resolve(folder)) {
    throw new UserError(`${folder} is the folder that the scenes come from; choose another folder`);
  }
  const total = source.sceneIds.length;
  for (const [index, id] of source.sceneIds.entries()) {
    const data = await source.read(index);
    await writeNpy(join(folder, sceneFile(id)), { dtype: "uint8", shape: source.grid, data });
    options.onProgress?.(index + 1, total);
  }
  await writeClasses(folder, classes);
  await writeProvenance(folder, provenance);
}

/** `<sceneId>/<name>.npy` of a scene; its folder is its group in a split. */
function sceneFile(id: string): string {
  return id.includes("/") ? `${id}.npy` : join(id, "labels.npy");
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
