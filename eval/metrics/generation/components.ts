/** Pieces that scenes fall into. */
import type { Grid } from "../../../data/grid.ts";

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
 * (A. Rosenfeld and J. Pfaltz, "Sequential Operations in Digital Picture Processing", Journal of the ACM 13, 1966, for
 * connected components; the two connectivities are the usual ones of voxels.)
 *
 * @param labels `[D, H, W]`.
 */
export function sceneComponents(labels: Uint8Array, grid: Grid, classes: number): SceneComponents {
  const perClass = new Float64Array(classes);
  let specks = 0;
  forEachComponent(labels, grid, CORNERS, (a, b) => a === b, (voxels) => {
    perClass[labels[voxels[0]]]++;
    if (voxels.length <= SPECK_VOXELS) specks++;
  });
  const floating = new Float64Array(classes);
  let largest = new Uint32Array(0);
  const add = (voxels: Uint32Array, sign: number) => voxels.forEach((voxel) => floating[labels[voxel]] += sign);
  forEachComponent(labels, grid, FACES, () => true, (voxels) => {
    add(voxels, 1);
    if (voxels.length > largest.length) largest = voxels.slice();
  });
  add(largest, -1);
  return { perClass, specks, floating };
}

type Step = readonly [dx: number, dy: number, dz: number];
const CORNERS: readonly Step[] = [-1, 0, 1].flatMap((dx) =>
  [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dz): Step => [dx, dy, dz]))
).filter((step) => step.some((each) => each !== 0));
const FACES = CORNERS.filter((step) => step.filter((each) => each !== 0).length === 1);

/**
 * Calls `visit` with the voxels of each connected component of filled voxels, a view that the next one overwrites.
 *
 * @param joins whether neighbours of these two classes, both filled, belong together.
 */
function forEachComponent(
  labels: Uint8Array,
  [depth, height, width]: Grid,
  steps: readonly Step[],
  joins: (a: number, b: number) => boolean,
  visit: (voxels: Uint32Array) => void,
): void {
  const seen = new Uint8Array(labels.length);
  const found = new Uint32Array(labels.length);
  for (let start = 0; start < labels.length; start++) {
    if (labels[start] === 0 || seen[start]) continue;
    let count = 0;
    found[count++] = start;
    seen[start] = 1;
    for (let next = 0; next < count; next++) {
      const voxel = found[next];
      const x = Math.floor(voxel / (height * width)), y = Math.floor(voxel / width) % height, z = voxel % width;
      for (const [dx, dy, dz] of steps) {
        const nx = x + dx, ny = y + dy, nz = z + dz;
        if (nx < 0 || ny < 0 || nz < 0 || nx >= depth || ny >= height || nz >= width) continue;
        const neighbour = (nx * height + ny) * width + nz;
        if (seen[neighbour] || labels[neighbour] === 0 || !joins(labels[voxel], labels[neighbour])) continue;
        seen[neighbour] = 1;
        found[count++] = neighbour;
      }
    }
    visit(found.subarray(0, count));
  }
}
