/** Which classes touch which. */
import type { Grid } from "../../../data/grid.ts";

/**
 * Pairs of voxels that share a face (each voxel has 6 neighbours, each pair is counted once) by the classes of both,
 * without order; pairs of two empty voxels are left out. This is the co-occurrence matrix of R. Haralick, K. Shanmugam
 * and I. Dinstein, "Textural Features for Image Classification", IEEE Transactions on Systems, Man and Cybernetics 3,
 * 1973, at distance 1, symmetric, over classes instead of grey levels.
 *
 * @param labels `[D, H, W]`.
 * @returns counts `[classes, classes]` with the lower class first; the rest is zero.
 */
export function adjacencyCounts(labels: Uint8Array, [depth, height, width]: Grid, classes: number): Float64Array {
  const ordered = new Float64Array(classes * classes);
  const plane = height * width;
  for (let x = 0, voxel = 0; x < depth; x++) {
    for (let y = 0; y < height; y++) {
      for (let z = 0; z < width; z++, voxel++) {
        const row = labels[voxel] * classes;
        if (z + 1 < width) ordered[row + labels[voxel + 1]]++;
        if (y + 1 < height) ordered[row + labels[voxel + width]]++;
        if (x + 1 < depth) ordered[row + labels[voxel + plane]]++;
      }
    }
  }
  ordered[0] = 0;
  for (let a = 0; a < classes; a++) {
    for (let b = 0; b < a; b++) {
      ordered[b * classes + a] += ordered[a * classes + b];
      ordered[a * classes + b] = 0;
    }
  }
  return ordered;
}
