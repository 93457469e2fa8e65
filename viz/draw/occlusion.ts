import type { Grid } from "../../data/grid.ts";

/**
 * How crowded the surroundings of a point are: counts filled voxels in any box in constant time from a table of
 * partial sums (a three-dimensional summed-area table; Crow 1984).
 */
export class Crowding {
  readonly #sums: Int32Array;

  /** @param labels `[D, H, W]`, C order; every label but 0 fills its voxel. */
  constructor(labels: Uint8Array, readonly grid: Grid) {
    const [sizeX, sizeY, sizeZ] = grid;
    const rowStride = sizeZ + 1, planeStride = (sizeY + 1) * rowStride;
    const sums = new Int32Array((sizeX + 1) * planeStride);
    for (let x = 0, voxel = 0; x < sizeX; x++) {
      for (let y = 0; y < sizeY; y++) {
        let row = 0;
        let at = (x + 1) * planeStride + (y + 1) * rowStride + 1;
        for (let z = 0; z < sizeZ; z++, voxel++, at++) {
          if (labels[voxel] !== 0) row++;
          sums[at] = row + sums[at - rowStride] + sums[at - planeStride] - sums[at - planeStride - rowStride];
        }
      }
    }
    this.#sums = sums;
  }

  /** Number of filled voxels with x0 ≤ x < x1 and so on; what lies outside the grid is empty. */
  count(x0: number, x1: number, y0: number, y1: number, z0: number, z1: number): number {
    const [sizeX, sizeY, sizeZ] = this.grid;
    const rowStride = sizeZ + 1, planeStride = (sizeY + 1) * rowStride;
    const lowX = clamp(x0, sizeX) * planeStride, highX = clamp(x1, sizeX) * planeStride;
    const lowY = clamp(y0, sizeY) * rowStride, highY = clamp(y1, sizeY) * rowStride;
    const lowZ = clamp(z0, sizeZ), highZ = clamp(z1, sizeZ);
    const s = this.#sums;
    return s[highX + highY + highZ] - s[lowX + highY + highZ] - s[highX + lowY + highZ] - s[highX + highY + lowZ] +
      s[lowX + lowY + highZ] + s[lowX + highY + lowZ] + s[highX + lowY + lowZ] - s[lowX + lowY + lowZ];
  }
}

function clamp(value: number, high: number): number {
  return value < 0 ? 0 : value > high ? high : value;
}

/**
 * Reach in voxels and darkening of each scale: from contact shadows in corners to the gloom of a niche. Several of
 * them, because a thin wall enters each box at once: one step of brightness per scale, small enough not to be seen.
 */
const SCALES: readonly (readonly [reach: number, strength: number])[] = [
  [1, 0.36],
  [2, 0.24],
  [3, 0.22],
  [4, 0.2],
  [5, 0.18],
  [6, 0.16],
];

/**
 * Brightness, 0–1, of a surface at a lattice point: darker the more filled voxels stand in the half space before it,
 * within boxes of {@link SCALES}.
 *
 * @param point corner of a voxel, on the surface.
 * @param axis axis the surface is perpendicular to.
 * @param sign +1 or −1, the direction the surface faces along that axis.
 */
export function ambientLight(
  crowding: Crowding,
  point: readonly [number, number, number],
  axis: number,
  sign: number,
): number {
  let light = 1;
  for (const [reach, strength] of SCALES) {
    const low = [point[0] - reach, point[1] - reach, point[2] - reach];
    const high = [point[0] + reach, point[1] + reach, point[2] + reach];
    if (sign > 0) {
      low[axis] = point[axis];
      high[axis] = point[axis] + 2 * reach;
    } else {
      low[axis] = point[axis] - 2 * reach;
      high[axis] = point[axis];
    }
    const filled = crowding.count(low[0], high[0], low[1], high[1], low[2], high[2]) / (8 * reach ** 3);
    light *= 1 - strength * Math.min(1, 1.6 * filled);
  }
  return light;
}
