/** Boxes in metres onto a grid of voxels. */
import { type Grid, voxelCount } from "../grid.ts";
import type { Label } from "./label.ts";

/** Where something starts and ends on one axis, in metres. */
export type Range = readonly [from: number, to: number];

/** An axis-aligned box of one class. The origin is the inner corner of the left and back wall, on top of the floor. */
export interface Box {
  readonly label: Label;
  readonly x: Range;
  readonly y: Range;
  readonly z: Range;
  /** The floor area of the piece of furniture that the box is a part of: its thin parts must not leave it. */
  readonly footprint?: { readonly x: Range; readonly z: Range };
}

/** What every grid spans, in metres: 80 × 48 × 80 voxels of 6 cm. Coarser grids show the same room in larger voxels. */
export const EXTENT_METRES: readonly [x: number, y: number, z: number] = [4.8, 2.88, 4.8];

/**
 * Thickness of surfaces, in metres: walls, floors, screens, pictures. Thinner than half a voxel of any grid in use, so
 * that {@link rasterise} makes them one voxel thick at every resolution.
 */
export const SHEET_METRES = 0.01;

/**
 * Voxels that a range covers, as [first, end), the first one beginning at 0. A range that rounds to nothing covers the
 * one voxel around its middle, so nothing is lost on coarse grids. Such a voxel is kept within the voxels of `whole`, so
 * that the legs of a table stay under its top.
 *
 * @param perMetre voxels per metre of this axis.
 */
export function coveredVoxels([from, to]: Range, perMetre: number, whole?: Range): [first: number, end: number] {
  const first = Math.round(from * perMetre), end = Math.round(to * perMetre);
  if (end > first) return [first, end];
  const middle = Math.floor((from + to) / 2 * perMetre);
  if (!whole) return [middle, middle + 1];
  const [least, beyond] = coveredVoxels(whole, perMetre), kept = Math.max(least, Math.min(middle, beyond - 1));
  return [kept, kept + 1];
}

/**
 * {@link coveredVoxels} within an axis.
 *
 * @param size voxels of this axis. Voxel 0 lies before the origin: it holds the floor, the left or the back wall.
 */
export function voxelRange(range: Range, perMetre: number, size: number, whole?: Range): [first: number, end: number] {
  const [first, end] = coveredVoxels(range, perMetre, whole);
  return [Math.max(1 + first, 0), Math.min(1 + end, size)];
}

/** Paints boxes in their order (later ones cover earlier ones) into a new volume, `[x, y, z]` in C order. */
export function rasterise(boxes: Iterable<Box>, grid: Grid): Uint8Array<ArrayBuffer> {
  const [sizeX, sizeY, sizeZ] = grid;
  const perX = sizeX / EXTENT_METRES[0], perY = sizeY / EXTENT_METRES[1], perZ = sizeZ / EXTENT_METRES[2];
  const volume = new Uint8Array(voxelCount(grid));
  for (const box of boxes) {
    const [x0, x1] = voxelRange(box.x, perX, sizeX, box.footprint?.x);
    const [y0, y1] = voxelRange(box.y, perY, sizeY);
    const [z0, z1] = voxelRange(box.z, perZ, sizeZ, box.footprint?.z);
    for (let x = x0; x < x1; x++) {
      for (let y = y0; y < y1; y++) {
        const row = (x * sizeY + y) * sizeZ;
        volume.fill(box.label, row + z0, row + z1);
      }
    }
  }
  return volume;
}
