import { basename, dirname, join } from "@std/path";
import { ioError, UserError } from "../../../base/errors.ts";
import { fileName } from "../../../base/file_name.ts";
import { readTextFile } from "../../../base/files.ts";
import { openBundle } from "./bundle.ts";
import { FileSource } from "./byte_source.ts";
import { openSliceFile } from "./slice_file.ts";
import type { TensorflowCheckpoint } from "./stored_variable.ts";

/**
 * Opens a checkpoint of either format: the prefix of a V2 checkpoint (or its `.index` or a `.data-…` file), the file of
 * a V1 checkpoint, or a folder with a `checkpoint` file that names the latest.
 *
 * @throws {UserError} naming what is missing or damaged.
 */
export async function openTensorflowCheckpoint(path: string): Promise<TensorflowCheckpoint> {
  const kind = await kindOf(path);
  if (kind === "folder") return await openTensorflowCheckpoint(await latestIn(path));
  const prefix = path.replace(/\.(index|meta|data-\d+-of-\d+)$/, "");
  if (prefix !== path || await kindOf(`${prefix}.index`) === "file") return await openBundle(prefix, FileSource.open);
  if (kind === "file") return await openSliceFile(await FileSource.open(path));
  throw new UserError(
    `there is no checkpoint ${path}: neither ${basename(path)}.index (V2) nor a file of that name (V1) in ` +
      `${dirname(path)}`,
  );
}

/** The checkpoint that TensorFlow's `checkpoint` file in a folder calls the latest. */
async function latestIn(folder: string): Promise<string> {
  const path = join(folder, "checkpoint");
  if (await kindOf(path) !== "file") {
    throw new UserError(`${folder} has no file "checkpoint" that names the latest; give the prefix of one`);
  }
  const match = /^model_checkpoint_path: "((?:[^"\\]|\\.)*)"/m.exec(await readTextFile(path));
  if (!match) throw new UserError(`${path}: expected a line such as model_checkpoint_path: "model-5"`);
  const name = match[1].replace(/\\(.)/g, "$1");
  // Absolute paths are of the machine that wrote them.
  return join(folder, fileName(basename(name)));
}

async function kindOf(path: string): Promise<"file" | "folder" | null> {
  try {
    return (await Deno.stat(path)).isDirectory ? "folder" : "file";
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return null;
    throw ioError(path, "read", cause);
  }
}
