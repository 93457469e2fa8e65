/** Volumes of a file or a run as files of other programs. */
import { dirname, join, resolve } from "@std/path";
import { closestString } from "@std/text/closest-string";
import { UserError } from "../base/errors.ts";
import { exists, writeFileAtomic } from "../base/files.ts";
import type { ClassSet } from "../data/classes.ts";
import { VOLUME_SETS } from "../run/evaluation_files.ts";
import { evaluationFolders, runFolder } from "../run/run_folder.ts";
import type { View } from "./draw/camera.ts";
import { shownVoxels } from "./draw/render.ts";
import { VolumeFile } from "./draw/volume_file.ts";
import type { ExportFormat } from "./export/formats.ts";
import { encodeVolume } from "./export/volume.ts";

/** What to export, and how. */
export interface ExportOptions {
  /** Which volume of a stack, or all. */
  readonly index: number | "all";
  readonly format: ExportFormat;
  /** File to write, or folder where several are written; beside the volumes if left out. */
  readonly out?: string;
  /** What the labels stand for; what is found beside the volumes if left out. */
  readonly classes?: ClassSet;
  /** Edge of a voxel in meshes. */
  readonly voxelMetres?: number;
  /** Whether the faces of meshes meet edge to edge. */
  readonly watertight: boolean;
  /** The side that ceiling and walls are left out towards; null keeps them. */
  readonly cut: View | null;
  /** Names of classes that are left out. */
  readonly hide: readonly string[];
}

/**
 * Exports volumes of a file.
 *
 * @returns the paths of the files.
 * @throws {UserError} if a volume cannot be read, a class to hide is none, or a file cannot be written.
 */
export async function exportFile(path: string, options: ExportOptions): Promise<string[]> {
  const { index, out } = options;
  if (index === "all") return await exportInto(out ?? dirname(path), path, options);
  return await exportVolumes(path, options, (name) => out ?? join(dirname(path), name));
}

/**
 * Exports the volumes of a run, or of an evaluation: those of each of its files in the first of the folder itself and
 * the run's evaluations, newest first, that has any.
 *
 * @throws {UserError} if there are none; as {@link exportFile}.
 */
export async function exportFolder(folder: string, options: ExportOptions): Promise<string[]> {
  const names = VOLUME_SETS.flatMap(({ versions }) => Object.keys(versions)).map((name) => `${name}.npy`);
  for (const place of [folder, ...await evaluationFolders(folder), runFolder(folder).evaluation]) {
    const written: string[] = [];
    for (const path of names.map((name) => join(place, name))) {
      if (await exists(path)) written.push(...await exportInto(options.out ?? place, path, options));
    }
    if (written.length > 0) return written;
  }
  throw new UserError(
    `${folder} holds no volumes: expected any of ${names.join(", ")}, here or in an evaluation of the run`,
  );
}

function exportInto(folder: string, path: string, options: ExportOptions): Promise<string[]> {
  return exportVolumes(path, options, (name) => join(folder, name));
}

/** @param targetOf the path for a file by its name. */
async function exportVolumes(
  path: string,
  { index, format, hide, cut, voxelMetres, watertight, ...options }: ExportOptions,
  targetOf: (name: string) => string,
): Promise<string[]> {
  const file = await VolumeFile.open(path, options.classes), { grid, classes } = file;
  const hidden = labelsOf(hide, classes), written: string[] = [];
  for (const each of index === "all" ? Array.from({ length: file.count }, (_, i) => i) : [index]) {
    const target = targetOf(`${file.stem(each)}.${format}`);
    if (resolve(target) === resolve(path)) {
      throw new UserError(`${path} would be overwritten by itself; name another file with --out`);
    }
    const shown = shownVoxels(await file.read(each), grid, { view: cut ?? undefined, cut: cut !== null, classes })
      .map((label) => hidden.has(label) ? 0 : label);
    await writeFileAtomic(target, await encodeVolume(shown, grid, format, voxelMetres, classes, watertight));
    written.push(target);
  }
  return written;
}

function labelsOf(hide: readonly string[], { names }: ClassSet): ReadonlySet<number> {
  const known = names.slice(1);
  return new Set(hide.map((name) => {
    if (known.includes(name)) return names.indexOf(name);
    throw new UserError(
      `--hide ${name}: there is no such class; did you mean ${closestString(name, known)}? There are: ${
        known.join(", ")
      }`,
    );
  }));
}
