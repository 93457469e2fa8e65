/** Finds and hashes the files of a data set. */
import { createHash } from "node:crypto";
import { basename, dirname, join, relative, resolve } from "@std/path";
import { ioError, UserError } from "../base/errors.ts";
import type { SceneFile } from "./scene_source.ts";

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
  const found = (file: string, base: string): FoundFile => {
    const id = relative(base, file).slice(0, -(endingOf(file) ?? "").length);
    return { path: file, id: id.replaceAll("\\", "/") };
  };
  if (!(await stat(root)).isDirectory) {
    if (!endingOf(root)) throw new UserError(`${path} is not a ${expected} file`);
    return { root: dirname(root), files: [found(root, dirname(root))] };
  }
  const entries = await list(root);
  const files = entries.filter((entry) => !entry.isDirectory);
  for (const folder of entries.filter((entry) => entry.isDirectory)) {
    files.push(...(await list(folder.path)).filter((entry) => !entry.isDirectory));
  }
  const scenes = files.filter((file) => endingOf(file.path)).map((file) => found(file.path, root));
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

interface Entry {
  readonly path: string;
  readonly isDirectory: boolean;
}

async function list(folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      const isDirectory = entry.isSymlink ? (await stat(path)).isDirectory : entry.isDirectory;
      entries.push({ path, isDirectory });
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
 * Size and SHA-256 of every file.
 *
 * @param onProgress told how many files of how many are done.
 * @throws {UserError} if a file cannot be read.
 */
export async function hashFiles(
  tree: FileTree,
  onProgress?: (done: number, total: number) => void,
): Promise<SceneFile[]> {
  const files: SceneFile[] = [];
  for (const { path } of tree.files) {
    files.push({ path: relative(tree.root, path).replaceAll("\\", "/"), ...await hashFile(path) });
    onProgress?.(files.length, tree.files.length);
  }
  return files;
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
