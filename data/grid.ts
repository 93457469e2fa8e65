/** Sizes of label volumes. */
import { UserError } from "../base/errors.ts";
import { CLASS_COUNT } from "./classes.ts";

/** Size of a label volume in voxels: x, y (up), z. Volumes are stored in C order, so z varies fastest. */
export type Grid = readonly [x: number, y: number, z: number];

/** The grid of the published model, 80 × 48 × 80 voxels of 6 cm. */
export const FULL_GRID: Grid = [80, 48, 80];

/** Each of the four strided layers halves every axis, so the axes must be multiples of this. */
const GRID_MULTIPLE = 16;

/** Number of voxels of a grid. */
export function voxelCount(grid: Grid): number {
  return grid[0] * grid[1] * grid[2];
}

/** `80x48x80`. */
export function formatGrid(grid: readonly number[]): string {
  return grid.join("x");
}

/**
 * Checks that networks can use a grid: three axes, each a positive multiple of 16.
 *
 * @param name names the file or option in the error.
 * @throws {UserError} that names the grid and the nearest one that works.
 */
export function checkGrid(grid: readonly number[], name = "grid"): asserts grid is Grid {
  if (grid.length !== 3) {
    throw new UserError(`${name}: [${grid}] has ${grid.length} axes, expected 3: x, y (up), z, e.g. 80x48x80`);
  }
  if (!grid.every((size) => Number.isSafeInteger(size) && size > 0 && size % GRID_MULTIPLE === 0)) {
    const nearest = grid.map((size) => Math.max(1, Math.round(size / GRID_MULTIPLE) || 0) * GRID_MULTIPLE);
    throw new UserError(
      `${name}: every axis of [${grid.join(", ")}] must be a positive multiple of ${GRID_MULTIPLE}, e.g. ` +
        `[${nearest.join(", ")}]`,
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

/**
 * Checks that every label is a class, 0..11.
 *
 * @param name names the file in the error.
 * @param grid if given, the error names the voxel as [x, y, z] instead of by its flat index.
 * @throws {UserError} that names the first label above 11 and where it is.
 */
export function checkLabels(labels: Uint8Array, name: string, grid?: Grid): void {
  const position = labels.findIndex((label) => label >= CLASS_COUNT);
  if (position >= 0) throw badLabel(name, labels[position], position, grid);
}

/** The error for a value that is not a class, found at flat index `position`. */
export function badLabel(name: string, value: number | bigint, position: number, grid?: Grid): UserError {
  const voxel = grid
    ? `[${Math.floor(position / (grid[1] * grid[2]))}, ${Math.floor(position / grid[2]) % grid[1]}, ${
      position % grid[2]
    }]`
    : `${position}`;
  return new UserError(`${name}: label ${value} at voxel ${voxel}, expected whole numbers 0 to ${CLASS_COUNT - 1}`);
}
