/** How a scene goes on beyond its sides. */
import type { Grid } from "../grid.ts";

/** Sides on which a scene may go on; floor and ceiling are where they are. */
export const SIDES = ["+x", "-x", "+z", "-z"] as const;

/** One of {@link SIDES}. */
export type Side = typeof SIDES[number];

/** What lies beyond a side. */
export interface Beyond {
  readonly beyond: Side;
  /** How far, in voxels. */
  readonly by: number;
}

/** Voxels that a scene grows by on each axis. */
export interface Growth {
  /** Before its first voxel. */
  readonly before: Grid;
  /** Behind its last. */
  readonly after: Grid;
}

/** A scene of any size. */
export interface GivenScene {
  /** uint8 `[D, H, W]`. */
  readonly labels: Uint8Array;
  /** Size in voxels. */
  readonly grid: Grid;
}

/** Growth by so many voxels on each of some sides. */
export function growthBeyond(sides: readonly Side[], by: number): Growth {
  const along = (sign: "+" | "-"): Grid => [
    sides.includes(`${sign}x`) ? by : 0,
    0,
    sides.includes(`${sign}z`) ? by : 0,
  ];
  return { before: along("-"), after: along("+") };
}

/** The grid of a scene that has grown. */
export function grownGrid(grid: Grid, { before, after }: Growth): Grid {
  const size = (axis: number) => before[axis] + grid[axis] + after[axis];
  return [size(0), size(1), size(2)];
}
