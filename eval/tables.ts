/**
 * Tables of an evaluation: the CSV files of the reference and a summary for the terminal.
 *
 * The reference's `IoU.csv` and `AP.csv` have 13 rows (12 classes, then all) with one number each. These have the same
 * rows in the same order under a header, so that a file explains itself: the published number is column 1, right of
 * the class name (`np.genfromtxt(file, delimiter=",", skip_header=1, usecols=1)`), the corrected one column 2.
 */
import { CLASS_NAMES } from "../data/classes.ts";
import type { AveragePrecisionTable } from "./metrics/average_precision.ts";
import type { IouTable } from "./metrics/iou.ts";

/** Names of the 13 rows: the classes by label, then "all" (classes 1..11 together). */
export const ENTRY_NAMES: readonly string[] = [...CLASS_NAMES, "all"];

/** One column of numbers, an entry per row of the table. */
export interface Column {
  /** Heading. */
  readonly title: string;
  /** 13 numbers. */
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
 */
export function iouCsv(table: IouTable): string {
  return csv([
    { title: "iou_reference", values: table.iouReference },
    { title: "iou", values: table.iou },
    { title: "scenes", values: table.sceneCount },
  ]);
}

/**
 * Content of `AP.csv` / `AP_refine.csv`: columns `class`, `ap_reference` (the published "mAP": divided by all scenes),
 * `ap_present` (divided by the scenes where the class occurs), `scenes` (how many those are).
 */
export function averagePrecisionCsv(table: AveragePrecisionTable): string {
  return csv([
    { title: "ap_reference", values: table.apReference },
    { title: "ap_present", values: table.apPresent },
    { title: "scenes", values: table.sceneCount },
  ]);
}

function csv(columns: readonly Column[]): string {
  const header = ["class", ...columns.map(({ title }) => title)];
  const rows = ENTRY_NAMES.map((name, entry) => [
    name,
    ...columns.map(({ values }) => Number.isNaN(values[entry]) ? "nan" : String(values[entry])),
  ]);
  return [header, ...rows].map((row) => row.join(",") + "\n").join("");
}

/** An aligned table of the 13 entries with three decimals, `-` for what does not exist; one line per row. */
export function alignedTable(columns: readonly Column[]): string {
  const cells = [
    ["class", ...columns.map(({ title }) => title)],
    ...ENTRY_NAMES.map((name, entry) => [name, ...columns.map(({ values }) => shown(values[entry]))]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])).join("  ")
  ).join("\n");
}

function shown(value: number): string {
  return Number.isNaN(value) ? "-" : value.toFixed(3);
}

/** Summary of an evaluation for the terminal: IoU and average precision side by side, published formulas last. */
export function summaryTable(scores: readonly Scores[]): string {
  return scores.map(({ title, iou, averagePrecision }) =>
    [
      `${title}, ${iou.scenes} ${iou.scenes === 1 ? "scene" : "scenes"}`,
      alignedTable([
        { title: "IoU", values: iou.iou },
        { title: "AP", values: averagePrecision.apPresent },
        { title: "published IoU", values: iou.iouReference },
        { title: "published mAP", values: averagePrecision.apReference },
      ]),
    ].join("\n")
  ).join("\n\n");
}
