/** All pictures of the folder of a run or of an evaluation. */
import { basename, join } from "@std/path";
import { UserError } from "../base/errors.ts";
import { exists, writeFileAtomic } from "../base/files.ts";
import type { ClassSet } from "../data/classes.ts";
import { formatGrid } from "../data/grid.ts";
import { VOLUME_SETS, type VolumeSet } from "../run/evaluation_files.ts";
import { evaluationFolders, runFolder } from "../run/run_folder.ts";
import { readStatistics } from "../run/statistics.ts";
import type { AxisScale } from "./draw/axis.ts";
import type { SheetOptions } from "./draw/contact_sheet.ts";
import { learningCurves } from "./draw/curves.ts";
import { evaluationSheet, roomsOfSheet } from "./draw/evaluation_sheet.ts";
import { encodePng } from "./draw/png.ts";
import { VolumeFile } from "./draw/volume_file.ts";
import { writeFigure } from "./draw/write_figure.ts";

/** What {@link drawFolder} draws, and how. */
export interface FolderOptions extends Omit<SheetOptions, "rowTitles" | "across"> {
  /** First scene of the contact sheets. */
  readonly first: number;
  /** Most scenes of a contact sheet; those of an evaluation's own sheets if left out. */
  readonly most?: number;
  /** Spacing of the loss axes. */
  readonly scale: AxisScale | "auto";
}

/**
 * Writes contact sheets of the volumes and the learning curves of a run, whichever of their files are in `folder` (or,
 * for volumes, in the newest evaluation of the run that has them), into the folder `out`.
 *
 * @returns the paths of the pictures.
 * @throws {UserError} if there is nothing to draw, a file is not valid, or a picture cannot be written.
 */
export async function drawFolder(folder: string, out: string, options: FolderOptions): Promise<string[]> {
  const written: string[] = [];
  const { statistics, evaluation } = runFolder(folder);
  const places = [folder, ...await evaluationFolders(folder), evaluation];
  for (const set of VOLUME_SETS) {
    const files = await openVersions(places, set, options.classes);
    if (files.length === 0) continue;
    await writeFileAtomic(join(out, set.sheet), await drawSheet(set, files, options));
    written.push(join(out, set.sheet));
  }
  const rows = await readStatistics(statistics);
  if (rows.length > 0) {
    written.push(...await writeFigure(out, "curves", learningCurves(rows, { scale: options.scale })));
  }
  if (written.length > 0) return written;
  const wanted = VOLUME_SETS.flatMap(({ versions }) => Object.keys(versions)).map((name) => `${name}.npy`);
  throw new UserError(
    `${folder} holds nothing to draw: expected ${basename(statistics)} with a finished tick, or any of ` +
      `${wanted.join(", ")}, here or in an evaluation of the run`,
  );
}

/** Files of a set by the names of its versions. */
type OpenVersions = readonly (readonly [name: string, file: VolumeFile])[];

/** The versions whose files are in the first of the folders that has any. */
async function openVersions(
  folders: readonly string[],
  { versions }: VolumeSet,
  classes: ClassSet | undefined,
): Promise<OpenVersions> {
  for (const folder of folders) {
    const open: [string, VolumeFile][] = [];
    for (const name of Object.keys(versions)) {
      const path = join(folder, `${name}.npy`);
      if (await exists(path)) open.push([name, await VolumeFile.open(path, classes)]);
    }
    if (open.length > 0) return open;
  }
  return [];
}

async function drawSheet(set: VolumeSet, open: OpenVersions, options: FolderOptions): Promise<Uint8Array> {
  const [[, leader]] = open;
  for (const [, file] of open) {
    if (formatGrid(file.grid) !== formatGrid(leader.grid) || file.count !== leader.count) {
      throw new UserError(
        `${file.path} holds ${file.count} volumes of ${formatGrid(file.grid)}, ${leader.path} ${leader.count} of ` +
          `${formatGrid(leader.grid)}; they must come from one evaluation`,
      );
    }
  }
  const { first, most } = options;
  const indices = Array.from({ length: roomsOfSheet(set, leader.count - first, most) }, (_, i) => first + i);
  if (indices.length === 0) await leader.read(first); // throws: there is no such volume
  const volumes: Record<string, Uint8Array[]> = {};
  for (const [name, file] of open) {
    volumes[name] = [];
    for (const index of indices) volumes[name].push(await file.read(index));
  }
  const rowTitles = set.tiled ? [] : indices.map(String);
  return encodePng(evaluationSheet(set, volumes, leader.grid, { ...options, classes: leader.classes, rowTitles }));
}
