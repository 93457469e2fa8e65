/** How large a mesh will be, without making it. */
import type { Grid } from "../../data/grid.ts";

/**
 * Sides of voxels that border on another class or on nothing: what closed surfaces of classes consist of before sides
 * are merged.
 *
 * @param labels `[D, H, W]`, C order; 0 is empty, and so is everything outside.
 */
export function countSides(labels: Uint8Array, grid: Grid): number {
  let sides = 0;
  for (let axis = 0, span = labels.length; axis < 3; axis++) { // span: numbers from a line of the axis to the next
    const stride = span / grid[axis];
    labels.forEach((label, voxel) => {
      const along = voxel % span;
      const before = along < stride ? 0 : labels[voxel - stride];
      if (label !== before) sides += (label === 0 ? 0 : 1) + (before === 0 ? 0 : 1);
      if (label !== 0 && along >= span - stride) sides++;
    });
    span = stride;
  }
  return sides;
}
