/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Which voxels of a volume are shown. */
import { type ClassSet, PAPER_CLASSES } from "../../../data/classes.ts";
import type { Grid } from "../../../data/grid.ts";
import { cutAway } from "../../draw/cutaway.ts";
import type { Vector } from "../../draw/vector.ts";

/** Drawn in grey: a voxel that is equal in two versions. No class has this label. */
export const UNCHANGED = 255 as const;

/** The part of a volume between planes: voxels `low[axis]` up to but without `high[axis]`. */
export interface Slices {
  readonly low: Grid;
  readonly high: Grid;
}

/** What {@link shownLabels} leaves out. */
export interface Filters {
  /** True for each class that is hidden, by label. */
  readonly hidden: readonly boolean[];
  readonly slices: Slices;
  /** The camera, in voxels, that walls and ceiling shall not be in the way of; null to keep them. */
  readonly cutAwayFrom: Vector | null;
  /** Another version of the scene: what is equal there is drawn grey. */
  readonly comparedWith: Uint8Array | null;
  /** What the labels stand for; the published classes if left out. */
  readonly classes?: ClassSet;
}

/** Slices that leave nothing out. */
export function wholeVolume(grid: Grid): Slices {
  return { low: [0, 0, 0], high: grid };
}

/** Whether slices leave nothing out of a volume. */
export function isWhole({ low, high }: Slices, grid: Grid): boolean {
  return low.every((value) => value === 0) && high.every((value, axis) => value >= grid[axis]);
}

/** A copy of `labels` `[D, H, W]` in which everything that is not shown is empty. */
export function shownLabels(labels: Uint8Array, grid: Grid, filters: Filters): Uint8Array {
  const { hidden, slices: { low, high }, cutAwayFrom, comparedWith, classes } = filters;
  const shown = cutAwayFrom ? cutAway(labels, grid, cutAwayFrom, classes) : labels.slice();
  for (let x = 0, voxel = 0; x < grid[0]; x++) {
    for (let y = 0; y < grid[1]; y++) {
      const outside = x < low[0] || x >= high[0] || y < low[1] || y >= high[1];
      for (let z = 0; z < grid[2]; z++, voxel++) {
        if (outside || z < low[2] || z >= high[2] || hidden[shown[voxel]]) shown[voxel] = 0;
        else if (comparedWith && shown[voxel] !== 0 && comparedWith[voxel] === shown[voxel]) shown[voxel] = UNCHANGED;
      }
    }
  }
  return shown;
}

/** Number of voxels of each class, by label. */
export function countLabels(labels: Uint8Array, { names }: ClassSet = PAPER_CLASSES): number[] {
  const counts = new Array<number>(names.length).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

/** Share of the voxels filled in either volume that hold the same class in both: 0 to 1; 1 if both are empty. */
export function agreement(one: Uint8Array, other: Uint8Array): number {
  let same = 0, filled = 0;
  for (let i = 0; i < one.length; i++) {
    if (one[i] === 0 && other[i] === 0) continue;
    filled++;
    if (one[i] === other[i]) same++;
  }
  return filled === 0 ? 1 : same / filled;
}
