/** Pieces that scenes fall into. */
import type { Grid } from "../../../data/grid.ts";
import { FACES, forEachComponent, PIECES } from "../../../data/scenes/components.ts";

/** Largest piece that counts as a speck, in voxels. */
const SPECK_VOXELS = 8;

/** Pieces of a scene. */
export interface SceneComponents {
  /** Pieces of each class, `[classes]`; none of class 0. */
  readonly perClass: Float64Array;
  /** Pieces of at most 8 voxels, all classes together. */
  readonly specks: number;
  /** Floating voxels of each class, `[classes]`. */
  readonly floating: Float64Array;
}

/**
 * Counts the pieces of a scene.
 *
 * - A *piece* is a connected component of the voxels of one class, voxels being neighbours if they share a face, an
 *   edge or a corner (26-connectivity): an object whose parts touch at a corner is one piece. Two chairs side by side
 *   are one piece as well: labels do not tell objects apart.
 * - *Floating* are filled voxels outside the largest connected component of all filled voxels, whatever their class,
 *   voxels being neighbours if they share a face (6-connectivity): in a room everything stands on, hangs from or leans
 *   at something else.
 *
 * The two connectivities are the usual ones of voxels.
 *
 * @param labels `[D, H, W]`.
 */
export function sceneComponents(labels: Uint8Array, grid: Grid, classes: number): SceneComponents {
  const perClass = new Float64Array(classes);
  let specks = 0;
  forEachComponent(labels, grid, PIECES, (voxels) => {
    perClass[labels[voxels[0]]]++;
    if (voxels.length <= SPECK_VOXELS) specks++;
  });
  const floating = new Float64Array(classes);
  let largest = new Uint32Array(0);
  const add = (voxels: Uint32Array, sign: number) => voxels.forEach((voxel) => floating[labels[voxel]] += sign);
  forEachComponent(labels, grid, { steps: FACES, joins: () => true }, (voxels) => {
    add(voxels, 1);
    if (voxels.length > largest.length) largest = voxels.slice();
  });
  add(largest, -1);
  return { perClass, specks, floating };
}
