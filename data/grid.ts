/** Sizes of label volumes. */
import { UserError } from "../base/errors.ts";

/** Size of a label volume in voxels: x, y (up), z. Volumes are stored in C order, so z varies fastest. */
export type Grid = readonly [x: number, y: number, z: number];

/** The grid of the published model, 80 × 48 × 80 voxels of 6 cm. */
export const FULL_GRID: Grid = [80, 48, 80];

/** Edge of a voxel of that grid, in metres. */
const FULL_VOXEL_METRES = 0.06;

/** Each of the four strided layers halves every axis, so the axes must be multiples of this. */
export const GRID_MULTIPLE = 16;

/** Number of voxels of a grid. */
export function voxelCount(grid: Grid): number {
  return grid[0] * grid[1] * grid[2];
}

/** Edge of a voxel in metres if the grid is as wide along x as the published one, 4.8 m: 6 cm there. */
export function voxelMetresOf(grid: Grid): number {
  return FULL_VOXEL_METRES * FULL_GRID[0] / grid[0];
}

/** `80x48x80`. */
export function formatGrid(grid: readonly number[]): string {
  return grid.join("x");
}

/**
 * Checks that networks can use a grid: three axes, each a positive multiple of 16.
 *
 * @param name names the file or option in the error.
 * @throws {UserError} that names the grid and the next larger one that works.
 */
export function checkGrid(grid: readonly number[], name = "grid"): asserts grid is Grid {
  if (grid.length !== 3) {
    throw new UserError(`${name}: [${grid}] has ${grid.length} axes, expected 3: x, y (up), z, e.g. 80x48x80`);
  }
  if (!grid.every((size) => Number.isSafeInteger(size) && size > 0 && size % GRID_MULTIPLE === 0)) {
    const larger = grid.map((size) => Math.max(1, Math.ceil(size / GRID_MULTIPLE) || 0) * GRID_MULTIPLE);
    throw new UserError(
      `${name}: every axis of [${grid.join(", ")}] must be a positive multiple of ${GRID_MULTIPLE}, e.g. ` +
        `[${larger.join(", ")}]`,
    );
  }
}

/** Reads `80x48x80` or `80,48,80`. @throws {UserError} if it is not three numbers or {@link checkGrid} refuses it. */
export function parseGrid(text: string, name = "--grid"): Grid {
  const sizes = text.split(/[x,×]/).map((part) => part.trim());
  if (sizes.length !== 3 || !sizes.every((size) => /^\d+$/.test(size))) {
    throw new UserError(`${name} ${JSON.stringify(text)}: expected three numbers such as 80x48x80`);
  }
  const grid: readonly number[] = sizes.map(Number);
  checkGrid(grid, name);
  return grid;
}
