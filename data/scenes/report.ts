/** Text for people: tables of classes and a top view of a scene in letters. */
import { UserError } from "../../base/errors.ts";
import { alignedTable, type TableRows } from "../../base/table.ts";
import { type ClassSet, isFilled, PAPER_CLASSES, PAPER_OCCUPANCY_PERCENT, sameClasses } from "../classes.ts";
import type { Grid } from "../grid.ts";
import { countClasses, percentages, type SceneStatistics } from "./statistics.ts";

/** One letter per published class. */
const SYMBOLS = " ^.#=cbstvfo";
/** Letters for classes whose names have none left, and for those beyond. */
const SPARE_SYMBOLS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", NO_SYMBOL = "?";
const EMPTY = 0;

/** One letter per class: the published ones' own, else the first of its name that is free. */
function symbolsOf(classes: ClassSet): string[] {
  if (sameClasses(classes, PAPER_CLASSES)) return [...SYMBOLS];
  const taken = new Set<string>();
  return classes.names.map((name, label) => {
    if (label === EMPTY) return " ";
    const letters = [...name.toLowerCase()].filter((letter) => SPARE_SYMBOLS.includes(letter));
    const symbol = [...letters, ...SPARE_SYMBOLS].find((letter) => !taken.has(letter)) ?? NO_SYMBOL;
    taken.add(symbol);
    return symbol;
  });
}

/** Occupancy of the known voxels, one line per class; of published classes beside that of the paper's data set. */
export function statisticsTable(
  { classes = PAPER_CLASSES, scenes, voxels, unknown, scenesWith }: SceneStatistics,
): string {
  const published = sameClasses(classes, PAPER_CLASSES);
  const rows = percentages(voxels).map((percent, label) => [
    classes.names[label],
    percent.toFixed(3),
    ...published
      ? [PAPER_OCCUPANCY_PERCENT[label].toFixed(3), (percent / PAPER_OCCUPANCY_PERCENT[label]).toFixed(2)]
      : [],
    `${scenesWith[label]}/${scenes}`,
  ]);
  return table([["class", "per cent", ...published ? ["paper", "ratio"] : [], "in scenes"], ...rows]) +
    unknownLine(voxels, unknown);
}

/** How many voxels are left out of a table of classes; nothing if none is. */
function unknownLine(voxels: Float64Array, unknown: number): string {
  if (unknown === 0) return "";
  const all = voxels.reduce((sum, count) => sum + count, unknown);
  return `\n\nunknown, not counted above: ${(100 * unknown / all).toFixed(3)} per cent of all voxels`;
}

/** Number and share of the known voxels of each class of one scene. */
function classTable(voxels: Float64Array, unknown: number, classes: ClassSet): string {
  const symbols = symbolsOf(classes);
  const rows = percentages(voxels).map((percent, label) => [
    `${symbols[label]} ${String(label).padStart(2)}`,
    classes.names[label],
    String(voxels[label]),
    percent.toFixed(3),
  ]);
  return table([["", "class", "voxels", "per cent"], ...rows]) + unknownLine(voxels, unknown);
}

/** Aligns columns: text of the first two to the left, numbers to the right. */
function table(rows: TableRows): string {
  const isNumber = rows[0].map((_, column) =>
    rows.slice(1).every((row) => /^[\d./]+$|^NaN$|^Infinity$/.test(row[column]))
  );
  return alignedTable(rows, (column) => !isNumber[column]);
}

/**
 * A scene from above without its ceiling, a letter of its class per column of voxels: x to the right, z downwards. Two
 * voxels share a line, since letters are about twice as high as wide; the higher one is shown.
 */
export function topView(labels: Uint8Array, grid: Grid, classes: ClassSet = PAPER_CLASSES): string {
  const symbols = symbolsOf(classes), ceiling = classes.names.indexOf("ceiling");
  const [width, height, depth] = grid;
  const top = (x: number, z: number): { y: number; label: number } => {
    for (let y = height - 1; y >= 0; y--) {
      const label = labels[(x * height + y) * depth + z];
      if (isFilled(label) && label !== ceiling) return { y, label };
    }
    return { y: -1, label: EMPTY };
  };
  const lines: string[] = [];
  for (let z = 0; z < depth; z += 2) {
    let line = "";
    for (let x = 0; x < width; x++) {
      const near = top(x, z);
      const far = top(x, Math.min(z + 1, depth - 1));
      line += symbols[far.y > near.y ? far.label : near.label];
    }
    lines.push(`|${line}|`);
  }
  return lines.join("\n");
}

/** Classes and top view of a scene, line by line. */
export function describeScene(labels: Uint8Array, grid: Grid, classes: ClassSet): string[] {
  const counts = countClasses(labels, new Float64Array(classes.names.length));
  const hasCeiling = classes.names.includes("ceiling");
  return [
    classTable(counts, labels.length - counts.reduce((sum, count) => sum + count, 0), classes),
    "",
    `from above${hasCeiling ? ", without the ceiling" : ""}:`,
    topView(labels, grid, classes),
  ];
}

/** @throws {UserError} if a file of `count` scenes has none of this index. */
export function checkSceneIndex(path: string, index: number, count: number): void {
  if (index < count) return;
  throw new UserError(`${path}: there is no scene ${index}, only ${count}; --index counts from 0`);
}
