/** Labels: whole numbers from 0, one per class, one byte per voxel. */
import { UserError } from "../base/errors.ts";
import { CLASS_COUNT } from "./classes.ts";
import type { Grid } from "./grid.ts";
import type { NpyData } from "./npy.ts";

/**
 * Checks that every label is a class.
 *
 * @param name names the file in the error.
 * @param grid if given, the error names the voxel as [x, y, z] instead of by its flat index.
 * @param classCount number of classes.
 * @throws {UserError} that names the first label that is none and where it is.
 */
export function checkLabels(labels: Uint8Array, name: string, grid?: Grid, classCount: number = CLASS_COUNT): void {
  const position = labels.findIndex((label) => label >= classCount);
  if (position >= 0) throw badLabel(name, labels[position], position, grid, classCount);
}

/** The error for a value that is not a class, found at flat index `position`. */
export function badLabel(
  name: string,
  value: number | bigint,
  position: number,
  grid?: Grid,
  classCount: number = CLASS_COUNT,
): UserError {
  const voxel = grid
    ? `[${Math.floor(position / (grid[1] * grid[2]))}, ${Math.floor(position / grid[2]) % grid[1]}, ${
      position % grid[2]
    }]`
    : `${position}`;
  return new UserError(`${name}: label ${value} at voxel ${voxel}, expected whole numbers 0 to ${classCount - 1}`);
}

/**
 * Copies numbers of any type into labels.
 *
 * @param name names the file in the error.
 * @param grid if given, the error names the voxel as [x, y, z] instead of by its flat index.
 * @param classCount number of classes.
 * @throws {UserError} that names the first number that is not a class, and where it is.
 */
export function toLabels(
  data: NpyData,
  name: string,
  grid?: Grid,
  classCount: number = CLASS_COUNT,
): Uint8Array<ArrayBuffer> {
  const labels = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    labels[i] = Number(value);
    // Unequal after the round trip: a fraction, a negative or large number, or not a number.
    if (labels[i] !== Number(value) || labels[i] >= classCount) throw badLabel(name, value, i, grid, classCount);
  }
  return labels;
}
