/** Whole files, read with clear errors and written atomically: to a temporary name beside the target, then renamed. */
import { dirname, join } from "@std/path";
import { ioError } from "./errors.ts";
import { replaceFile } from "./replace_file.ts";

/** Ending of every temporary file that {@link writeFileAtomic} makes. */
export const TEMPORARY_SUFFIX = ".partial";

/** Reads a whole file. @throws {UserError} naming the path and the cause. */
export async function readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
}

/** Reads a whole UTF-8 text file. @throws {UserError} naming the path and the cause. */
export async function readTextFile(path: string): Promise<string> {
  return new TextDecoder().decode(await readFile(path));
}

/** Whether there is something at a path, be it readable or not: reading it says what is wrong. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (cause) {
    return !(cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory);
  }
}

/** Makes a folder and its parents. @throws {UserError} naming the path and the cause. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    throw ioError(path, "write", cause);
  }
}

/**
 * Writes a file so that its name shows either the old content or the whole new content, whatever happens meanwhile:
 * the chunks go to a temporary file in the same folder, are flushed to the disk, and the file is renamed. The folder
 * is made if it is missing; on failure the temporary file is removed.
 *
 * @throws {UserError} naming the path and the cause.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = `${path}.${Deno.pid}${TEMPORARY_SUFFIX}`;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    {
      using file = await Deno.open(temporary, { write: true, create: true, truncate: true });
      for await (const chunk of chunksOf(content)) await writeAll(file, chunk);
      await file.sync();
    }
    await replaceFile(temporary, path);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    throw ioError(path, "write", cause);
  }
}

/** Removes temporary files that a killed process left directly in `folder`. */
export async function removeStaleTemporaries(folder: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && entry.name.endsWith(TEMPORARY_SUFFIX)) await Deno.remove(join(folder, entry.name));
  }
}

function chunksOf(
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}

async function writeAll(file: Deno.FsFile, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length;) written += await file.write(chunk.subarray(written));
}
