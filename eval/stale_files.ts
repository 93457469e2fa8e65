import { join } from "@std/path";
import { ioError } from "../base/errors.ts";
import { exists } from "../base/files.ts";

/**
 * Removes files of an earlier evaluation that the one at hand does not write, so that what lies in the folder belongs
 * together; names that are not there are passed over.
 *
 * @throws {UserError} if one cannot be removed.
 */
export async function removeFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = join(folder, name);
    try {
      await Deno.remove(path);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw ioError(path, "write", cause);
    }
  }
}

/** Those of the names that are in the folder. */
export async function fileNames(folder: string, names: readonly string[]): Promise<string[]> {
  const there: string[] = [];
  for (const name of names) {
    if (await exists(join(folder, name))) there.push(name);
  }
  return there;
}
