/** Where things are in a scene. */
import { isFilled } from "../../../data/classes.ts";
import type { Grid } from "../../../data/grid.ts";

/**
 * Middle of all voxels that are not empty, as shares of the grid's axes; the middle of the grid for an empty scene.
 *
 * @param labels `[D, H, W]`.
 */
export function sceneCentroid(labels: Uint8Array, grid: Grid): [number, number, number] {
  const sums = centroidSums(labels, grid, 1, () => 0);
  return sums[3] === 0 ? [0.5, 0.5, 0.5] : [sums[0] / sums[3], sums[1] / sums[3], sums[2] / sums[3]];
}

/**
 * Middle of the voxels of each class but empty, as shares of the grid's axes: three numbers per class, NaN for a class
 * that is not there.
 *
 * @param labels `[D, H, W]`.
 */
export function classCentroids(labels: Uint8Array, grid: Grid, classes: number): Float64Array {
  const sums = centroidSums(labels, grid, classes - 1, (label) => label - 1);
  return Float64Array.from({ length: 3 * (classes - 1) }, (_, i) => {
    const of = Math.floor(i / 3);
    return sums[4 * of + i % 3] / sums[4 * of + 3]; // 0 / 0 is NaN
  });
}

/** Per group of filled voxels: sums of the three coordinates, and how many voxels. */
function centroidSums(
  labels: Uint8Array,
  grid: Grid,
  groups: number,
  groupOf: (label: number) => number,
): Float64Array {
  const sums = new Float64Array(4 * groups);
  for (let x = 0, voxel = 0; x < grid[0]; x++) {
    for (let y = 0; y < grid[1]; y++) {
      for (let z = 0; z < grid[2]; z++, voxel++) {
        if (!isFilled(labels[voxel])) continue;
        const group = groupOf(labels[voxel]);
        sums[4 * group] += (x + 0.5) / grid[0];
        sums[4 * group + 1] += (y + 0.5) / grid[1];
        sums[4 * group + 2] += (z + 0.5) / grid[2];
        sums[4 * group + 3]++;
      }
    }
  }
  return sums;
}

/** Puts the mean of the column where a number is NaN, 0 in a column without any number; `[n, width]`. */
export function fillGaps(rows: Float64Array, width: number): Float64Array {
  const filled = rows.slice();
  for (let column = 0; column < width; column++) {
    let sum = 0, count = 0;
    for (let i = column; i < rows.length; i += width) {
      if (!Number.isNaN(rows[i])) {
        sum += rows[i];
        count++;
      }
    }
    for (let i = column; i < rows.length; i += width) {
      if (Number.isNaN(rows[i])) filled[i] = count > 0 ? sum / count : 0;
    }
  }
  return filled;
}
