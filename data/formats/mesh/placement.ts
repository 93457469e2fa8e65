/** Where in the grid a mesh comes to lie. */
import { UserError } from "../../../base/errors.ts";
import { formatGrid, FULL_GRID, type Grid, voxelMetresOf } from "../../grid.ts";
import type { MeshPart } from "./mesh_part.ts";
import type { VolumeExtras } from "./volume_extras.ts";

/** Axes of a file that may be up. */
export const UP_AXES = ["y", "z", "x"] as const;
/** Ways to place a mesh. */
export const ALIGNMENTS = ["floor", "centre", "origin"] as const;

/** Size, orientation and place of a mesh in the grid. */
export interface PlacementOptions {
  /** Voxels x, y (up), z; null for those of an export, else 80 × 48 × 80. */
  readonly grid: Grid | null;
  /** Which axis of the file is up, null for y. Turned upright by a rotation, so left and right stay. */
  readonly up: (typeof UP_AXES)[number] | null;
  /** Metres per unit of length in the file. */
  readonly unitMetres: number;
  /** Edge of a voxel; null for that of an export, else 4.8 m / voxels along x. */
  readonly voxelMetres: number | null;
  /** Scale the mesh so that it just fits into the grid, whatever its size in metres. */
  readonly fit: boolean;
  /**
   * `floor`: centred in x and z, its lowest point on the floor; `centre`: centred; `origin`: as the file has it; null for
   * the place of an export, else the floor.
   */
  readonly align: (typeof ALIGNMENTS)[number] | null;
}

/** A box along the axes. */
export interface Bounds {
  /** Least x, y, z. */
  readonly low: readonly number[];
  /** Greatest x, y, z. */
  readonly high: readonly number[];
}

/** A mesh in the grid. */
export interface PlacedMesh {
  /** Parts with corners in voxels: voxel (x, y, z) reaches from its indices to one more. */
  readonly parts: readonly MeshPart[];
  /** What all parts fill, in voxels. */
  readonly bounds: Bounds;
  /** The grid that they lie in. */
  readonly grid: Grid;
  /** Edge of a voxel in metres, if the file's unit is what the options say. */
  readonly voxelMetres: number;
}

/**
 * Turns, scales and moves a mesh.
 *
 * @param exported what the file says if it is an export. It holds unless the options have another grid or `fit`.
 * @throws {UserError} if a corner is not finite or the mesh has no extent at all.
 */
export function placeMesh(
  parts: readonly MeshPart[],
  options: PlacementOptions,
  exported: VolumeExtras | null,
  name: string,
): PlacedMesh {
  const turned = parts.map(({ names, corners }) => ({ names, corners: upright(corners, options.up ?? "y") }));
  const { low, high } = boundsOf(turned);
  const size = high.map((value, axis) => value - low[axis]);
  if (!size.every(Number.isFinite)) throw new UserError(`${name}: a corner of its triangles is not finite`);
  if (!size.some((length) => length > 0)) throw new UserError(`${name}: all its triangles are one point`);
  const grid = options.grid ?? exported?.grid ?? FULL_GRID;
  const known = exported && !options.fit && formatGrid(grid) === formatGrid(exported.grid) ? exported : null;
  const align = options.align ?? (known ? "origin" : "floor");
  const voxel = options.voxelMetres ?? known?.voxelMetres ?? voxelMetresOf(grid);
  const scale = options.fit
    ? Math.min(...size.map((length, axis) => length > 0 ? grid[axis] / length : Infinity))
    : options.unitMetres / voxel;
  const offset = [0, 1, 2].map((axis) => {
    if (align === "origin") return 0;
    if (align === "floor" && axis === 1) return -low[axis] * scale;
    return (grid[axis] - (low[axis] + high[axis]) * scale) / 2;
  });
  const move = (value: number, axis: number) => value * scale + offset[axis];
  for (const { corners } of turned) for (let i = 0; i < corners.length; i++) corners[i] = move(corners[i], i % 3);
  return {
    parts: turned,
    bounds: { low: low.map(move), high: high.map(move) },
    grid,
    voxelMetres: options.unitMetres / scale,
  };
}

/** A copy with y up: z up becomes (x, z, −y), x up becomes (−y, x, z). */
function upright(corners: Float64Array, up: (typeof UP_AXES)[number]): Float64Array {
  const turned = corners.slice();
  for (let at = 0; at < corners.length && up !== "y"; at += 3) {
    const [x, y, z] = corners.subarray(at, at + 3);
    if (up === "z") turned.set([x, z, -y], at);
    else turned.set([-y, x, z], at);
  }
  return turned;
}

function boundsOf(parts: readonly MeshPart[]): Bounds {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (const { corners } of parts) {
    for (let i = 0; i < corners.length; i++) {
      const value = corners[i], axis = i % 3;
      // Written so that a number that is none ends up in the bounds.
      if (!(value >= low[axis])) low[axis] = value;
      if (!(value <= high[axis])) high[axis] = value;
    }
  }
  return { low, high };
}
