/** The pictures of an evaluation as file contents, drawn from the numbers that its modes find. */
import type { ClassSet } from "../data/classes.ts";
import type { Grid } from "../data/grid.ts";
import { changeLegend, renderChanges } from "./draw/changes.ts";
import { contactSheet, type SheetColumn } from "./draw/contact_sheet.ts";
import { learningCurves } from "./draw/curves.ts";
import { type Figure, figureToImage, figureToSvg } from "./draw/figure.ts";
import { classShareChart, type ClassShares, type NearestPair, nearestSheet } from "./generation_pictures.ts";
import { encodeIndexedPng, encodePng } from "./draw/png.ts";
import { frameOf, renderVolume } from "./draw/render.ts";
import { type ScatterMap, scatterMaps } from "./draw/scatter.ts";
import { pictureSheet } from "./draw/sheet.ts";
import { parseStatistics } from "./draw/statistics.ts";
import { Walk, type WalkVersion } from "./draw/walk.ts";

/** Rooms in a contact sheet. */
const SHEET_ROWS = 6;
/** Size of one cell's picture of changes: smaller where there are many. */
const FEW_CELLS = 12, LARGE_CELL = { width: 280, height: 210 }, SMALL_CELL = { width: 170, height: 128 };

/** A figure in both formats. */
export interface DrawnFigure {
  /** SVG document. */
  readonly svg: string;
  /** PNG bytes. */
  readonly png: Uint8Array;
}

/** How often each voxel changes when a cell of the code does. */
export interface CellChanges {
  /** Place of the cell in the grid of the code; axis 1 is up. */
  readonly cell: readonly [number, number, number];
  /** Share of the variants, float32 `[D, H, W]`. */
  readonly frequency: Float32Array;
  /** What fills the voxels that are empty in the room and change, labels `[D, H, W]`. */
  readonly filling: Uint8Array;
}

/** Draws for volumes of one class set; every error of the functions it stands for may be thrown. */
export class EvaluationPictures {
  /** Pictures in the colours of some classes. */
  constructor(readonly classes: ClassSet) {}

  /** The first rooms, a row each, a column per version: PNG bytes. */
  rooms(versions: readonly SheetColumn[], grid: Grid): Uint8Array {
    const columns = versions.map(({ title, volumes }) => ({ title, volumes: volumes.slice(0, SHEET_ROWS) }));
    return encodeIndexedPng(contactSheet(columns, grid, { classes: this.classes }));
  }

  /** An animated GIF of a walk, and a PNG of some of its steps. */
  walk(versions: readonly WalkVersion[], grid: Grid): { gif: Uint8Array; strip: Uint8Array } {
    const walk = new Walk(versions, grid, this.classes);
    return { gif: walk.animation(), strip: encodeIndexedPng(walk.strip()) };
  }

  /**
   * A room in colour, and what changes in it with each cell of the code: PNG bytes. A block of rows for each level of
   * cells, the upper level first; in it a row for each cell along the first axis, a column for each along the third.
   */
  changes(base: Uint8Array, changes: readonly CellChanges[], grid: Grid): Uint8Array {
    const [depth, height, width] = [0, 1, 2].map((axis) => 1 + Math.max(...changes.map(({ cell }) => cell[axis])));
    const size = changes.length <= FEW_CELLS ? LARGE_CELL : SMALL_CELL;
    const frame = frameOf(base, grid, { classes: this.classes });
    const rows = Array.from(
      { length: depth * height },
      (_, row) => ({ l: height - 1 - Math.floor(row / depth), c: row % depth }),
    );
    const pictures = rows.map(({ l, c }) =>
      Array.from({ length: width }, (_, d) => {
        const found = changes.find(({ cell }) => cell.join() === [c, l, d].join());
        return found
          ? renderChanges(base, found.filling, found.frequency, grid, { ...size, frame, classes: this.classes })
          : null;
      })
    );
    const room = renderVolume(base, grid, { ...size, frame, classes: this.classes });
    const gap = new Array<null>(width - 1).fill(null);
    return encodeIndexedPng(pictureSheet([[room, ...gap], ...pictures], {
      rowTitles: ["the room", ...rows.map(({ l, c }) => `cell ${c} ${l} *`)],
      columnTitles: Array.from({ length: width }, (_, d) => `* = ${d}`),
      legend: changeLegend,
    }));
  }

  /** Maps of codes side by side; `shade` names what shades the points. */
  latentMaps(maps: readonly ScatterMap[], shade: string): DrawnFigure {
    return drawn(scatterMaps(maps, { labels: { x: "component 1", y: "component 2", shade } }));
  }

  /** Bars of the share of each class, a series per set. */
  classShares(sets: readonly ClassShares[]): DrawnFigure {
    return drawn(classShareChart(this.classes.names, sets));
  }

  /** The first scenes of a set beside their nearest training scenes: PNG bytes. */
  nearest(title: string, pairs: readonly NearestPair[], grid: Grid): Uint8Array {
    return encodeIndexedPng(nearestSheet(title, pairs.slice(0, SHEET_ROWS), grid, this.classes));
  }

  /** Learning curves from the content of a `stats.jsonl`, named `path` in errors; null without a finished tick. */
  curves(statistics: string, path: string): DrawnFigure | null {
    const rows = parseStatistics(statistics, path);
    return rows.length > 0 ? drawn(learningCurves(rows)) : null;
  }
}

function drawn(figure: Figure): DrawnFigure {
  return { svg: figureToSvg(figure), png: encodePng(figureToImage(figure)) };
}
