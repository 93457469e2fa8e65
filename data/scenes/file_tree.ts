/** Finds and hashes the files of a data set. */
import { createHash } from "node:crypto";
import { basename, dirname, join, relative, resolve } from "@std/path";
import { mapConcurrently } from "../../base/concurrent.ts";
import { ioError, UserError } from "../../base/errors.ts";
import type { SceneFile } from "./scene_source.ts";

/** Folders listed at the same time: enough to hide the latency of a network's file system. */
const LISTED_AT_ONCE = 64;
/** Folders beside each other that take a second or so to list. */
const MANY_ENTRIES = 5_000;
/** A data set of more files is not hashed: that would read all of it before anything else is done. */
const MOST_HASHED_FILES = 5_000;

/** A file of a data set. */
export interface FoundFile {
  /** Path to open it by. */
  readonly path: string;
  /** Path below the root without its ending, with forward slashes: unique in its tree. */
  readonly id: string;
}

/** The files of a data set in the order of their ids. */
export interface FileTree {
  /** Absolute path of the folder that the ids are relative to. */
  readonly root: string;
  /** Found files, at least one. */
  readonly files: readonly FoundFile[];
}

/**
 * Finds all files with one of the endings: the file itself, or those in a folder and in its direct subfolders. Hidden files and
 * folders are left out; links are followed.
 *
 * @param extensions with the dot, e.g. `.npy`; upper and lower case are the same.
 * @throws {UserError} if the path cannot be read or nothing is found.
 */
export async function findFiles(path: string, extensions: readonly string[]): Promise<FileTree> {
  const root = resolve(path);
  const endingOf = (name: string) => extensions.find((ending) => name.toLowerCase().endsWith(ending));
  const expected = [extensions.slice(0, -1).join(", "), ...extensions.slice(-1)].filter((part) => part).join(" or ");
  const found = (file: string, name: string): FoundFile[] => {
    const ending = endingOf(name);
    return ending === undefined ? [] : [{ path: file, id: name.slice(0, -ending.length) }];
  };
  if (!(await stat(root)).isDirectory) {
    const files = found(root, basename(root));
    if (files.length === 0) throw new UserError(`${path} is not a ${expected} file`);
    return { root: dirname(root), files };
  }
  const entries = await list(root);
  const inside = await mapConcurrently(
    entries.filter((entry) => entry.isDirectory),
    LISTED_AT_ONCE,
    async (folder) => {
      const below = (await list(folder.path)).filter((entry) => !entry.isDirectory);
      return below.map(({ path, name }) => ({ path, name: `${folder.name}/${name}` }));
    },
  );
  const files = [entries.filter((entry) => !entry.isDirectory), ...inside].flat();
  const scenes = files.flatMap((file) => found(file.path, file.name));
  if (scenes.length === 0) {
    throw new UserError(
      `found no ${expected} file in ${path} or its direct subfolders, ` +
        (files.length === 0
          ? "no file at all"
          : `only ${files.length} of other kinds, e.g. ${basename(files[0].path)}`),
    );
  }
  // Compared by code units: a locale must not change the order, and with it the indices, of scenes.
  return { root, files: scenes.sort((a, b) => a.id < b.id ? -1 : 1) };
}

/**
 * One of the files that {@link findFiles} finds, without listing more folders than needed to see it.
 *
 * @param isWanted looks into a file whose ending alone does not tell.
 * @throws {UserError} as {@link findFiles}.
 */
export async function findOneFile(
  path: string,
  extensions: readonly string[],
  isWanted: (path: string) => Promise<boolean> = () => Promise.resolve(true),
): Promise<string> {
  const root = resolve(path);
  const firstOf = async (entries: readonly Entry[]): Promise<string | undefined> => {
    for (const { name, path, isDirectory } of entries) {
      if (isDirectory || !extensions.some((ending) => name.toLowerCase().endsWith(ending))) continue;
      if (await isWanted(path)) return path;
    }
    return undefined;
  };
  if ((await stat(root)).isDirectory) {
    const entries = await list(root), file = await firstOf(entries);
    if (file !== undefined) return file;
    for (const folder of entries.filter((entry) => entry.isDirectory)) {
      const inside = await firstOf(await list(folder.path));
      if (inside !== undefined) return inside;
    }
  }
  return (await findFiles(path, extensions)).files[0].path; // the file itself, or the reason why there is none
}

/** Whether a folder has so many entries that what is in them takes seconds to list; false for a file. */
export async function hasManyEntries(path: string): Promise<boolean> {
  let count = 0;
  try {
    for await (const _ of Deno.readDir(path)) if (++count > MANY_ENTRIES) return true;
  } catch {
    return false; // whoever opens it says what is wrong
  }
  return false;
}

interface Entry {
  readonly path: string;
  readonly name: string;
  readonly isDirectory: boolean;
}

async function list(folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      const isDirectory = entry.isSymlink ? (await stat(path)).isDirectory : entry.isDirectory;
      entries.push({ path, name: entry.name, isDirectory });
    }
  } catch (cause) {
    throw cause instanceof UserError ? cause : ioError(folder, "list", cause);
  }
  return entries;
}

async function stat(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
}

/**
 * Size and SHA-256 of every file; none at all of a data set of more than 5,000 files. Of those a manifest names the
 * scenes, and a run notes the fingerprints of those that it has trained on (trained_scenes.ts).
 *
 * @param onProgress told how many files of how many are done.
 * @throws {UserError} if a file cannot be read.
 */
export async function hashFiles(
  tree: FileTree,
  onProgress?: (done: number, total: number) => void,
): Promise<SceneFile[]> {
  const files: SceneFile[] = [];
  if (tree.files.length > MOST_HASHED_FILES) return files;
  for (const { path } of tree.files) {
    files.push({ path: relative(tree.root, path).replaceAll("\\", "/"), ...await hashFile(path) });
    onProgress?.(files.length, tree.files.length);
  }
  return files;
}

/** A hash of path, size and time of every file. @throws {UserError} if a file cannot be looked at. */
export async function stampFiles({ files }: FileTree): Promise<string> {
  const facts = await mapConcurrently(files, LISTED_AT_ONCE, async ({ path }) => {
    const { size, mtime } = await stat(path);
    return [path, size, mtime?.getTime()];
  });
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 32);
}

async function hashFile(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    using file = await Deno.open(path);
    const chunk = new Uint8Array(1 << 20);
    for (let read = await file.read(chunk); read !== null; read = await file.read(chunk)) {
      hash.update(chunk.subarray(0, read));
      bytes += read;
    }
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
  return { bytes, sha256: hash.digest("hex") };
}
