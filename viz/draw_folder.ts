/** All pictures of the folder of a run or of an evaluation. */
import { join } from "@std/path";
import { UserError } from "../base/errors.ts";
import { readTextFile, writeFileAtomic } from "../base/files.ts";
import type { ClassSet } from "../data/classes.ts";
import { formatGrid } from "../data/grid.ts";
import type { AxisScale } from "./draw/axis.ts";
import { contactSheet, type SheetColumn, type SheetOptions } from "./draw/contact_sheet.ts";
import { learningCurves } from "./draw/curves.ts";
import { figureToImage, figureToSvg } from "./draw/figure.ts";
import { encodePng } from "./draw/png.ts";
import { parseStatistics } from "./draw/statistics.ts";
import { VolumeFile } from "./draw/volume_file.ts";

/** What {@link drawFolder} draws, and how. */
export interface FolderOptions extends Omit<SheetOptions, "rowTitles"> {
  /** First scene of the contact sheets. */
  readonly first: number;
  /** Most scenes of a contact sheet. */
  readonly rows: number;
  /** Spacing of the loss axes. */
  readonly scale: AxisScale | "auto";
}

/** Contact sheets by file name, each with titles and files of its columns. */
const SHEETS: readonly (readonly [file: string, columns: readonly (readonly [title: string, file: string])[]])[] = [
  ["reconstructions.png", [["real", "real.npy"], ["reconstruction", "recons.npy"], ["refined", "recons_refine.npy"]]],
  ["generated.png", [["generated", "generate.npy"], ["refined", "generate_refine.npy"]]],
];
/** Where a run keeps its evaluation. */
const EVALUATION = "evaluation";
const STATISTICS = "stats.jsonl";

/**
 * Writes contact sheets of the volumes and the learning curves of a run, whichever of their files are in `folder` (or,
 * for volumes, in its `evaluation`), into the folder `out`.
 *
 * @returns the paths of the pictures.
 * @throws {UserError} if there is nothing to draw, a file is not valid, or a picture cannot be written.
 */
export async function drawFolder(folder: string, out: string, options: FolderOptions): Promise<string[]> {
  const written: string[] = [];
  const write = async (file: string, content: Uint8Array | string): Promise<void> => {
    await writeFileAtomic(join(out, file), content);
    written.push(join(out, file));
  };
  for (const [file, columns] of SHEETS) {
    const files = await openColumns([folder, join(folder, EVALUATION)], columns, options.classes);
    if (files.length > 0) await write(file, await drawSheet(files, options));
  }
  const statistics = join(folder, STATISTICS);
  if (await exists(statistics)) {
    const rows = parseStatistics(await readTextFile(statistics), statistics);
    if (rows.length > 0) {
      const figure = learningCurves(rows, { scale: options.scale });
      await write("curves.svg", figureToSvg(figure));
      await write("curves.png", encodePng(figureToImage(figure)));
    }
  }
  if (written.length > 0) return written;
  const wanted = SHEETS.flatMap(([, columns]) => columns.map(([, file]) => file));
  throw new UserError(
    `${folder} holds nothing to draw: expected ${STATISTICS} with a finished tick, or any of ${wanted.join(", ")}`,
  );
}

interface OpenColumn {
  readonly title: string;
  readonly file: VolumeFile;
}

/** The columns whose files exist in the first of the folders that has any. */
async function openColumns(
  folders: readonly string[],
  columns: readonly (readonly [title: string, file: string])[],
  classes: ClassSet | undefined,
): Promise<OpenColumn[]> {
  for (const folder of folders) {
    const open: OpenColumn[] = [];
    for (const [title, name] of columns) {
      const path = join(folder, name);
      if (await exists(path)) open.push({ title, file: await VolumeFile.open(path, classes) });
    }
    if (open.length > 0) return open;
  }
  return [];
}

async function drawSheet(open: readonly OpenColumn[], options: FolderOptions): Promise<Uint8Array> {
  const [{ file: leader }] = open;
  for (const { file } of open) {
    if (formatGrid(file.grid) !== formatGrid(leader.grid) || file.count !== leader.count) {
      throw new UserError(
        `${file.path} holds ${file.count} volumes of ${formatGrid(file.grid)}, ${leader.path} ${leader.count} of ` +
          `${formatGrid(leader.grid)}; they must come from one evaluation`,
      );
    }
  }
  const { first, rows } = options;
  const indices = Array.from({ length: Math.min(rows, leader.count - first) }, (_, i) => first + i);
  if (indices.length === 0) await leader.read(first); // throws: there is no such volume
  const columns: SheetColumn[] = [];
  for (const { title, file } of open) {
    const volumes: Uint8Array[] = [];
    for (const index of indices) volumes.push(await file.read(index));
    columns.push({ title, volumes });
  }
  return encodePng(
    contactSheet(columns, leader.grid, { ...options, classes: leader.classes, rowTitles: indices.map(String) }),
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return false;
    return true; // there, but not readable: reading it gives the error that says why
  }
}
