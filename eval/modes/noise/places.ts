/** Which voxels belong to a cell of the code. */
import type { Grid } from "../../../data/grid.ts";

/** Voxels along each axis from `low` up to, not including, `high`. */
export interface VoxelBox {
  readonly low: Grid;
  readonly high: Grid;
}

/** Place of a cell in the grid of the code. */
export type Cell = readonly [number, number, number];

/** Edge of a cell's own region in voxels: four layers of stride 2. */
const REGION = 16;
/** Steps of a layer's input that one step of the code spans, summed over the four layers: 1 + 2 + 4 + 8. */
const STRIDES = 15;

/** Every cell of a code's grid, the last index fastest. */
export function cellsOf([depth, height, width]: Grid): Cell[] {
  return Array.from({ length: depth * height * width }, (_, i): Cell => [
    Math.floor(i / (height * width)),
    Math.floor(i / width) % height,
    i % width,
  ]);
}

/** The 16³ voxels that a cell stands for. */
export function ownRegion(cell: Cell): VoxelBox {
  const at = (offset: number) => cell.map((index) => (index + offset) * REGION) as unknown as Grid;
  return { low: at(0), high: at(1) };
}

/**
 * The voxels that the encoder computes a cell from: for `k` taps 15(k − 1) + 1 along an axis, cut at the walls of the
 * grid. (The generator has no such field: its first layer is dense, so every cell reaches every voxel.)
 *
 * @param kernel taps of the strided convolutions along each axis.
 * @param mirrored whether the networks see scenes reversed, as those of the original program do.
 */
export function receptiveField(cell: Cell, grid: Grid, kernel: Grid, mirrored: boolean): VoxelBox {
  // Layers pad k >> 1 before the volume, so the field's middle is the first voxel of the region, mirrored the last.
  const middle = cell.map((index) => index * REGION + (mirrored ? REGION - 1 : 0));
  const reach = kernel.map((taps) => STRIDES * (taps >> 1));
  return {
    low: middle.map((at, axis) => Math.max(0, at - reach[axis])) as unknown as Grid,
    high: middle.map((at, axis) => Math.min(grid[axis], at + reach[axis] + 1)) as unknown as Grid,
  };
}
