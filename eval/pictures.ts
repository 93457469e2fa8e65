/** What the modes of an evaluation want drawn. The room `viz` draws it; this room only hands over numbers. */
import type { Grid } from "../data/grid.ts";

/** Labels `[D, H, W]` of rooms in one version, e.g. "generated" or "refined". */
export interface Version {
  /** What it is called. */
  readonly title: string;
  /** A volume per room, or per step of a walk. */
  readonly volumes: readonly Uint8Array[];
}

/** How often each voxel changes when one cell of the code does. */
export interface CellChange {
  /** Place of the cell in the grid of the code. */
  readonly cell: readonly [number, number, number];
  /** Share of the variants in which the voxel has another label, float32 `[D, H, W]`. */
  readonly frequency: Float32Array;
  /** What fills the voxels that are empty in the room and change, labels `[D, H, W]`. */
  readonly filling: Uint8Array;
}

/** Codes of scenes on a map. */
export interface LatentMap {
  /** Written above. */
  readonly title: string;
  /** Written below the title. */
  readonly subtitle: string;
  /** First component of each scene. */
  readonly xs: Float64Array;
  /** Second component of each scene. */
  readonly ys: Float64Array;
  /** What shades the scenes. */
  readonly shades: Float64Array;
}

/** How often each class is in a set of scenes. */
export interface ClassShares {
  /** Name of the set. */
  readonly name: string;
  /** Voxels of each class, in per cent of the filled ones. */
  readonly percent: readonly number[];
}

/** A scene and the training scene nearest to it. */
export interface NearestPair {
  /** Labels `[D, H, W]`. */
  readonly scene: Uint8Array;
  /** Labels `[D, H, W]`. */
  readonly nearest: Uint8Array;
  /** Share of the voxels filled in either that differ, 0–1. */
  readonly distance: number;
}

/** A figure in both formats. */
export interface DrawnFigure {
  /** SVG document. */
  readonly svg: string;
  /** PNG bytes. */
  readonly png: Uint8Array;
}

/** Draws what an evaluation found; pictures are PNG bytes unless said otherwise. */
export interface Pictures {
  /** Rooms, a row each, a column per version. */
  rooms(versions: readonly Version[], grid: Grid): Uint8Array;
  /** A walk between two rooms: an animated GIF, and a strip of its steps. */
  walk(versions: readonly Version[], grid: Grid): { readonly gif: Uint8Array; readonly strip: Uint8Array };
  /** A room in colour, then for each cell the voxels that change with it, red on grey, laid out as the cells are. */
  changes(base: Uint8Array, cells: readonly CellChange[], grid: Grid): Uint8Array;
  /** Maps side by side; `shade` names what shades the scenes. */
  latentMaps(maps: readonly LatentMap[], shade: string): DrawnFigure;
  /** Share of the filled voxels of each class, a bar per set. */
  classShares(sets: readonly ClassShares[]): DrawnFigure;
  /** Scenes of a set beside their nearest training scenes. */
  nearest(title: string, pairs: readonly NearestPair[], grid: Grid): Uint8Array;
  /** Learning curves of a run from the content of its `stats.jsonl`; null if it has no finished tick. */
  curves(statistics: string, path: string): DrawnFigure | null;
}
