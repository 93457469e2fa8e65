/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Which voxel is under the pointer. */
import type { Grid } from "../../../data/grid.ts";
import type { Vector } from "../../draw/vector.ts";

/** A voxel and its class. */
export interface Picked {
  readonly voxel: Grid;
  readonly label: number;
}

/**
 * The first voxel that is not empty along a ray, found by stepping from voxel to voxel (J. Amanatides and A. Woo, "A
 * fast voxel traversal algorithm for ray tracing", 1987), or null.
 *
 * @param labels `[D, H, W]`, C order.
 * @param origin of the ray, in voxels.
 * @param direction of the ray, of any length.
 */
export function pickVoxel(labels: Uint8Array, grid: Grid, origin: Vector, direction: Vector): Picked | null {
  // Where the ray enters and leaves the grid.
  let enter = 0, leave = Infinity;
  for (let axis = 0; axis < 3; axis++) {
    const toLow = -origin[axis] / direction[axis], toHigh = (grid[axis] - origin[axis]) / direction[axis];
    if (direction[axis] === 0) {
      if (origin[axis] < 0 || origin[axis] >= grid[axis]) return null;
      continue;
    }
    enter = Math.max(enter, Math.min(toLow, toHigh));
    leave = Math.min(leave, Math.max(toLow, toHigh));
  }
  if (enter >= leave) return null;
  const at: [number, number, number] = [0, 0, 0];
  const next: [number, number, number] = [Infinity, Infinity, Infinity];
  for (let axis = 0; axis < 3; axis++) {
    const position = origin[axis] + enter * direction[axis];
    at[axis] = Math.max(0, Math.min(grid[axis] - 1, Math.floor(position)));
    const border = direction[axis] > 0 ? at[axis] + 1 : at[axis];
    if (direction[axis] !== 0) next[axis] = (border - origin[axis]) / direction[axis];
  }
  for (;;) {
    const label = labels[(at[0] * grid[1] + at[1]) * grid[2] + at[2]];
    if (label !== 0) return { voxel: [...at], label };
    const axis = next[0] <= next[1] && next[0] <= next[2] ? 0 : next[1] <= next[2] ? 1 : 2;
    at[axis] += Math.sign(direction[axis]);
    if (!(at[axis] >= 0 && at[axis] < grid[axis])) return null;
    next[axis] += 1 / Math.abs(direction[axis]);
  }
}
