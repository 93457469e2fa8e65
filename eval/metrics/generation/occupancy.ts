/** Where scenes are filled, and with what. */
import { type Grid, voxelCount } from "../../../data/grid.ts";

/** Edge of the blocks that filled voxels are counted in: 24 cm at the paper's resolution. */
const BLOCK_VOXELS = 4;

/**
 * Filled voxels (any class but 0) in each block of 4×4×4 voxels, `[⌈D/4⌉, ⌈H/4⌉, ⌈W/4⌉]`. Divided by their sum, the
 * counts of a set of scenes are the distribution whose Jensen–Shannon divergence is the "JSD" of P. Achlioptas,
 * O. Diamanti, I. Mitliagkas and L. Guibas, "Learning Representations and Generative Models for 3D Point Clouds", ICML
 * 2018, section 4 (points there, filled voxels here).
 *
 * @param labels `[D, H, W]`.
 */
export function occupancyCounts(labels: Uint8Array, [depth, height, width]: Grid): Float64Array {
  const [, rows, columns] = [depth, height, width].map((size) => Math.ceil(size / BLOCK_VOXELS));
  const counts = new Float64Array(Math.ceil(depth / BLOCK_VOXELS) * rows * columns);
  for (let x = 0, voxel = 0; x < depth; x++) {
    for (let y = 0; y < height; y++) {
      const row = (Math.floor(x / BLOCK_VOXELS) * rows + Math.floor(y / BLOCK_VOXELS)) * columns;
      for (let z = 0; z < width; z++, voxel++) {
        if (labels[voxel] !== 0) counts[row + Math.floor(z / BLOCK_VOXELS)]++;
      }
    }
  }
  return counts;
}

/** Voxels of each class, `[classes]`. */
export function classCounts(labels: Uint8Array, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  for (let voxel = 0; voxel < labels.length; voxel++) counts[labels[voxel]]++;
  return counts;
}

/** Share of filled voxels in per cent. */
export function filledPercent(counts: Float64Array, grid: Grid): number {
  return 100 * (1 - counts[0] / voxelCount(grid));
}
