/**
 * Tables of an evaluation: the CSV files of the reference and a summary for the terminal.
 *
 * The reference's `IoU.csv` and `AP.csv` have 13 rows (12 classes, then all) with one number each. These have the same
 * rows in the same order under a header, so that a file explains itself: the published number is column 1, right of
 * the class name (`np.genfromtxt(file, delimiter=",", skip_header=1, usecols=1)`), the corrected one column 2.
 */
import { csvText } from "../base/csv.ts";
import { alignedTable } from "../base/table.ts";
import { CLASS_NAMES } from "../data/classes.ts";
import type { AveragePrecisionTable } from "./metrics/average_precision.ts";
import type { IouTable } from "./metrics/iou.ts";

/** Names of the rows: the classes by label, then "all" (all but empty together). */
function entryNames(classNames: readonly string[]): readonly string[] {
  return [...classNames, "all"];
}

/** One column of numbers, an entry per row of the table. */
interface Column {
  /** Heading. */
  readonly title: string;
  /** A number per class and one for all. */
  readonly values: ArrayLike<number>;
}

/** What one kind of reconstruction scored. */
export interface Scores {
  /** E.g. "reconstruction" or "refined". */
  readonly title: string;
  /** Overlap of the labels. */
  readonly iou: IouTable;
  /** How the probabilities rank. */
  readonly averagePrecision: AveragePrecisionTable;
}

/**
 * Content of `IoU.csv` / `IoU_refine.csv`: columns `class`, `iou_reference` (the published formula, at most 0.5),
 * `iou` (intersection over union), `scenes` (how many the means are over). Numbers are unrounded; `nan` marks a class
 * that never occurs.
 *
 * @param classNames names of the classes by label.
 */
export function iouCsv(table: IouTable, classNames: readonly string[] = CLASS_NAMES): string {
  return csv(classNames, [
    { title: "iou_reference", values: table.iouReference },
    { title: "iou", values: table.iou },
    { title: "scenes", values: table.sceneCount },
  ]);
}

/**
 * Content of `AP.csv` / `AP_refine.csv`: columns `class`, `ap_reference` (the published "mAP": divided by all scenes),
 * `ap_present` (divided by the scenes where the class occurs), `scenes` (how many those are).
 */
export function averagePrecisionCsv(
  table: AveragePrecisionTable,
  classNames: readonly string[] = CLASS_NAMES,
): string {
  return csv(classNames, [
    { title: "ap_reference", values: table.apReference },
    { title: "ap_present", values: table.apPresent },
    { title: "scenes", values: table.sceneCount },
  ]);
}

function csv(classNames: readonly string[], columns: readonly Column[]): string {
  const header = ["class", ...columns.map(({ title }) => title)];
  const rows = entryNames(classNames).map((name, entry) => [name, ...columns.map(({ values }) => values[entry])]);
  return csvText([header, ...rows]);
}

/** An aligned table of the entries with three decimals, `-` for what does not exist; one line per row. */
function entryTable(columns: readonly Column[], classNames: readonly string[]): string {
  return alignedTable([
    ["class", ...columns.map(({ title }) => title)],
    ...entryNames(classNames).map((name, entry) => [name, ...columns.map(({ values }) => shown(values[entry]))]),
  ]);
}

function shown(value: number): string {
  return Number.isNaN(value) ? "-" : value.toFixed(3);
}

/** Summary of an evaluation for the terminal: IoU and average precision side by side, published formulas last. */
export function summaryTable(scores: readonly Scores[], classNames: readonly string[] = CLASS_NAMES): string {
  return scores.map(({ title, iou, averagePrecision }) =>
    [
      `${title}, ${iou.scenes} ${iou.scenes === 1 ? "scene" : "scenes"}`,
      entryTable([
        { title: "IoU", values: iou.iou },
        { title: "AP", values: averagePrecision.apPresent },
        { title: "published IoU", values: iou.iouReference },
        { title: "published mAP", values: averagePrecision.apReference },
      ], classNames),
    ].join("\n")
  ).join("\n\n");
}
