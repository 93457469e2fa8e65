import type { Grid } from "../../data/grid.ts";
import { FULL_GRID } from "../../data/grid.ts";

/** Edge of a voxel of the published grid, 80 × 48 × 80. */
const FULL_VOXEL_METRES = 0.06;

/** Edge of a voxel in metres if the grid spans the same width as the published one: 6 cm there, 12 cm at half the size. */
export function voxelMetres(grid: Grid): number {
  return FULL_VOXEL_METRES * FULL_GRID[0] / grid[0];
}
