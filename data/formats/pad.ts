import type { Grid } from "../grid.ts";
import { voxelCount } from "../grid.ts";

/** The smallest grid that holds `grid` and that networks can use: every axis up to the next multiple of 16. */
export function paddedGrid(grid: Grid): Grid {
  const up = (size: number) => Math.ceil(size / 16) * 16;
  return [up(grid[0]), up(grid[1]), up(grid[2])];
}

/** Labels `[D, H, W]` of `grid` in a corner of the larger grid `to`; what is added behind them is empty (0). */
export function padLabels(labels: Uint8Array, grid: Grid, to: Grid): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(voxelCount(to));
  for (let x = 0; x < grid[0]; x++) {
    for (let y = 0; y < grid[1]; y++) {
      const start = (x * grid[1] + y) * grid[2];
      padded.set(labels.subarray(start, start + grid[2]), (x * to[1] + y) * to[2]);
    }
  }
  return padded;
}
