/** What of a scene is selected to be changed. */
import { isFilled } from "../classes.ts";
import { UserError } from "../../base/errors.ts";
import { formatGrid, type Grid, voxelCount } from "../grid.ts";
import { componentAt } from "./components.ts";
import { around, type Box, boxOf, setBox } from "./known_parts.ts";

/** The voxels of a box, or an object: the piece of one class that a voxel belongs to. */
export type Selection = { readonly box: Box } | {
  /** x, y (up), z of a voxel of the object. */
  readonly object: Grid;
};

/**
 * The selected voxels of a scene, uint8 `[D, H, W]`, 1 where one is. Of an object these are its own voxels, and the
 * empty ones in the box around it: room for what may take its place. Other things in that box are not selected.
 *
 * @throws {UserError} if the box has no voxel in the grid, or the voxel holds no object.
 */
export function selectedVoxels(selection: Selection, labels: Uint8Array, grid: Grid): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(voxelCount(grid));
  if ("box" in selection) {
    setBox(mask, grid, selection.box, 1);
    if (mask.includes(1)) return mask;
    const { start, end } = selection.box;
    throw new UserError(`the box from ${start} up to ${end} holds no voxel of a scene of ${formatGrid(grid)}`);
  }
  const voxels = objectAt(selection.object, labels, grid);
  setBox(mask, grid, around(boxOf(voxels, grid)), 1);
  labels.forEach((label, voxel) => {
    if (label !== 0) mask[voxel] = 0;
  });
  for (const voxel of voxels) mask[voxel] = 1;
  return mask;
}

/** The voxels of the object that a voxel belongs to, as places in the volume. @throws {UserError} if it is empty. */
export function objectAt(at: Grid, labels: Uint8Array, grid: Grid): Uint32Array {
  const inside = at.every((place, axis) => Number.isInteger(place) && place >= 0 && place < grid[axis]);
  const voxel = (at[0] * grid[1] + at[1]) * grid[2] + at[2];
  if (inside && isFilled(labels[voxel])) return componentAt(voxel, labels, grid);
  throw new UserError(
    `there is no object at ${at}: ${inside ? "the voxel is empty" : `the scene is ${formatGrid(grid)}`}`,
  );
}
