/** How completions fit what is known, and how near they come to the scene itself. */
import { UNKNOWN_LABEL } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";

/** Scores of one completion, from 0 to 1. */
export interface CompletionScores {
  /** IoU with what is known, before it was pasted back. */
  readonly knownIou: number;
  /** IoU with the scene where it is hidden: another room that fits as well is no mistake. */
  readonly hiddenIou: number;
  /** {@link seamAgreement} with the known part pasted back. */
  readonly seam: number;
}

/**
 * True IoU of occupied voxels within the part of a mask that has the value: equal classes over those that are filled in
 * either; NaN where both are empty. What is unknown of the real scene is left out.
 */
export function iouWithin(mask: Uint8Array, value: 0 | 1, made: Uint8Array, real: Uint8Array): number {
  let equal = 0, filled = 0;
  for (let voxel = 0; voxel < mask.length; voxel++) {
    if (mask[voxel] !== value || real[voxel] === UNKNOWN_LABEL) continue;
    if (made[voxel] === 0 && real[voxel] === 0) continue;
    filled++;
    if (made[voxel] === real[voxel]) equal++;
  }
  return equal / filled;
}

/**
 * Share of equal classes among pairs of voxels that share a face across the border of a mask, without pairs of two empty
 * ones and what is unknown: what walls and furniture do at the seam. NaN where all is empty. Of a real scene it is what it should be.
 */
export function seamAgreement(mask: Uint8Array, labels: Uint8Array, [depth, height, width]: Grid): number {
  let equal = 0, pairs = 0;
  const compare = (voxel: number, neighbour: number) => {
    if (mask[voxel] === mask[neighbour] || (labels[voxel] === 0 && labels[neighbour] === 0)) return;
    if (labels[voxel] === UNKNOWN_LABEL || labels[neighbour] === UNKNOWN_LABEL) return;
    pairs++;
    if (labels[voxel] === labels[neighbour]) equal++;
  };
  for (let x = 0, voxel = 0; x < depth; x++) {
    for (let y = 0; y < height; y++) {
      for (let z = 0; z < width; z++, voxel++) {
        if (x + 1 < depth) compare(voxel, voxel + height * width);
        if (y + 1 < height) compare(voxel, voxel + width);
        if (z + 1 < width) compare(voxel, voxel + 1);
      }
    }
  }
  return equal / pairs;
}
