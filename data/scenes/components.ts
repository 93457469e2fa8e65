/** Connected components of a scene (A. Rosenfeld and J. Pfaltz, "Sequential Operations in Digital Picture Processing", Journal of the ACM 13, 1966). */
import type { Grid } from "../grid.ts";

/** From a voxel to a neighbour. */
export type Step = readonly [dx: number, dy: number, dz: number];

/** Neighbours that share a face, an edge or a corner (26-connectivity). */
export const CORNERS: readonly Step[] = [-1, 0, 1].flatMap((dx) =>
  [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dz): Step => [dx, dy, dz]))
).filter((step) => step.some((each) => each !== 0));

/** Neighbours that share a face (6-connectivity). */
export const FACES: readonly Step[] = CORNERS.filter((step) => step.filter((each) => each !== 0).length === 1);

/**
 * Calls `visit` with the voxels of each connected component of filled voxels, a view that the next one overwrites.
 *
 * @param labels `[D, H, W]`, 0 for empty voxels.
 * @param joins whether neighbours of these two classes, both filled, belong together.
 */
export function forEachComponent(
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
