/** The objects of a volume: pieces of one class, each with its part of the surface. */
import type { ClassSet } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import { forEachComponent, PIECES } from "../../data/scenes/components.ts";
import { boxOf } from "../../data/scenes/known_parts.ts";
import type { Quads } from "./greedy_mesh.ts";

/** Pieces of at most so many voxels of a class are one object together: nobody wants to handle specks one by one. */
const SPECK_VOXELS = 4;

/** An object. */
export interface VolumeObject {
  readonly label: number;
  /** `chair 1`, `chair 2`, …; `chair specks`. */
  readonly name: string;
  /** The middle of its underside, in voxels. */
  readonly foot: readonly [x: number, y: number, z: number];
  /** Which of the rectangles are its surface. */
  readonly quads: readonly number[];
}

/**
 * The objects of a volume, by class and then by their first voxels.
 *
 * @param labels `[D, H, W]`.
 * @param quads its surface with closed classes, see `greedyMesh`: a rectangle lies on one object.
 */
export function volumeObjects(labels: Uint8Array, grid: Grid, quads: Quads, { names }: ClassSet): VolumeObject[] {
  const found = names.map(() => ({ pieces: [] as Uint32Array[], specks: [] as number[] }));
  forEachComponent(labels, grid, PIECES, (voxels) => {
    const { pieces, specks } = found[labels[voxels[0]]];
    if (voxels.length > SPECK_VOXELS) pieces.push(voxels.slice());
    else specks.push(...voxels);
  });
  const objects: (Omit<VolumeObject, "quads"> & { quads: number[] })[] = [], owner = new Uint32Array(labels.length);
  const add = (label: number, name: string, voxels: ArrayLike<number> & Iterable<number>) => {
    const { start, end } = boxOf(voxels, grid);
    for (const voxel of voxels) owner[voxel] = objects.length;
    objects.push({ label, name, foot: [(start[0] + end[0]) / 2, start[1], (start[2] + end[2]) / 2], quads: [] });
  };
  found.forEach(({ pieces, specks }, label) => {
    pieces.forEach((voxels, i) => add(label, `${names[label]} ${i + 1}`, voxels));
    if (specks.length > 0) add(label, `${names[label]} specks`, specks);
  });
  for (let quad = 0; quad < quads.count; quad++) objects[owner[voxelBehind(quads, quad, grid)]].quads.push(quad);
  return objects;
}

/** A voxel that a rectangle is a side of. */
function voxelBehind({ axis, sign, plane, u, v }: Quads, quad: number, grid: Grid): number {
  const at = [0, 0, 0];
  at[axis[quad]] = sign[quad] > 0 ? plane[quad] - 1 : plane[quad];
  at[(axis[quad] + 1) % 3] = u[quad];
  at[(axis[quad] + 2) % 3] = v[quad];
  return (at[0] * grid[1] + at[1]) * grid[2] + at[2];
}
