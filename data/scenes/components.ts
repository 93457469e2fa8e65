/** Connected components of a scene (A. Rosenfeld and J. Pfaltz, "Sequential Operations in Digital Picture Processing", Journal of the ACM 13, 1966). */
import { isFilled } from "../classes.ts";
import type { Grid } from "../grid.ts";

/** From a voxel to a neighbour. */
export type Step = readonly [dx: number, dy: number, dz: number];

/** Neighbours that share a face, an edge or a corner (26-connectivity). */
const CORNERS: readonly Step[] = [-1, 0, 1].flatMap((dx) =>
  [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dz): Step => [dx, dy, dz]))
).filter((step) => step.some((each) => each !== 0));

/** Neighbours that share a face (6-connectivity). */
export const FACES: readonly Step[] = CORNERS.filter((step) => step.filter((each) => each !== 0).length === 1);

/** Which neighbours of which voxels belong together. */
export interface Joining {
  /** To the neighbours of a voxel. */
  readonly steps: readonly Step[];
  /** Whether neighbours of these two classes, both filled, belong together. */
  joins(a: number, b: number): boolean;
}

/** Joins the pieces of a scene: voxels of one class that hang together by a face, an edge or a corner. */
export const PIECES: Joining = { steps: CORNERS, joins: (a, b) => a === b };

/**
 * Calls `visit` with the voxels of each connected component of filled voxels, a view that the next one overwrites.
 *
 * @param labels `[D, H, W]`.
 */
export function forEachComponent(
  labels: Uint8Array,
  grid: Grid,
  joining: Joining,
  visit: (voxels: Uint32Array) => void,
): void {
  const seen = new Uint8Array(labels.length), found = new Uint32Array(labels.length);
  for (let start = 0; start < labels.length; start++) {
    if (isFilled(labels[start]) && !seen[start]) visit(grow(start, labels, grid, joining, seen, found));
  }
}

/** The voxels of the component that the filled voxel `start` is in, itself first. */
export function componentAt(start: number, labels: Uint8Array, grid: Grid, joining: Joining = PIECES): Uint32Array {
  return grow(start, labels, grid, joining, new Uint8Array(labels.length), new Uint32Array(labels.length));
}

/** Collects a component into `found` and marks it in `seen`. */
function grow(
  start: number,
  labels: Uint8Array,
  [depth, height, width]: Grid,
  { steps, joins }: Joining,
  seen: Uint8Array,
  found: Uint32Array,
): Uint32Array {
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
      if (seen[neighbour] || !isFilled(labels[neighbour]) || !joins(labels[voxel], labels[neighbour])) continue;
      seen[neighbour] = 1;
      found[count++] = neighbour;
    }
  }
  return found.subarray(0, count);
}
