/** Boxes that are turned about the vertical axis, onto a grid of voxels. */
import { type Grid, voxelCount } from "../../grid.ts";
import { coveredVoxels, type Range, voxelRange } from "../../rooms/raster.ts";

/** A box of one class, turned about the vertical axis. All lengths are in metres. */
export interface Solid {
  /** Label that it is filled with; 0 takes away what was there. */
  readonly label: number;
  /** Middle of the floor area. */
  readonly x: number;
  /** Middle of the floor area. */
  readonly z: number;
  /** Half of the lengths along its own two axes. */
  readonly half: readonly [along: number, across: number];
  /** Cosine and sine of the angle from the x axis to its first axis; x towards z. */
  readonly turn: readonly [cosine: number, sine: number];
  /** Bottom and top. */
  readonly y: Range;
  /** The floor area of what it is a part of, along x and z: thin parts must not leave it. None where it is turned. */
  readonly whole?: { readonly x: Range; readonly z: Range };
}

/** A flat polygon that lies, one voxel thick, e.g. a floor. */
export interface Slab {
  /** Label that it is filled with. */
  readonly label: number;
  /** Corners x, z in metres. */
  readonly corners: readonly (readonly [x: number, z: number])[];
  /** Height of the polygon in metres: it fills the voxels below it (a floor), or above it if it `isAbove` (a ceiling). */
  readonly y: number;
  readonly isAbove: boolean;
}

/** What a grid shows: its least corner in metres, and the edge of a voxel. */
export interface View {
  readonly x: number;
  readonly z: number;
  readonly voxelMetres: number;
  readonly grid: Grid;
}

/** Turned by so little, a box counts as not turned. */
const STRAIGHT = 1e-6;

/**
 * Paints slabs, then solids in their order (later ones cover earlier ones) into a new volume, `[x, y, z]` in C order. The
 * lowest layer of voxels lies below the height 0: it holds the floor.
 *
 * Ends of straight boxes go to the nearest borders of voxels; one that is thinner than half a voxel fills one. Of turned
 * boxes every voxel is filled whose middle lies inside.
 */
export function paint(slabs: readonly Slab[], solids: readonly Solid[], view: View): Uint8Array<ArrayBuffer> {
  const labels = new Uint8Array(voxelCount(view.grid));
  for (const slab of slabs) paintSlab(labels, slab, view);
  for (const solid of solids) {
    const [c, s] = solid.turn;
    if (Math.abs(s) < STRAIGHT) paintStraight(labels, solid, solid.half, view);
    else if (Math.abs(c) < STRAIGHT) paintStraight(labels, solid, [solid.half[1], solid.half[0]], view);
    else paintTurned(labels, solid, view);
  }
  return labels;
}

function paintSlab(labels: Uint8Array, { label, corners, y, isAbove }: Slab, view: View): void {
  const { voxelMetres, grid: [sizeX, sizeY, sizeZ] } = view;
  const layer = Math.round(y / voxelMetres) + (isAbove ? 1 : 0);
  if (layer < 0 || layer >= sizeY) return;
  const xs = corners.map(([x]) => (x - view.x) / voxelMetres), zs = corners.map(([, z]) => (z - view.z) / voxelMetres);
  const first = Math.max(0, Math.ceil(Math.min(...xs) - 0.5)), last = Math.min(sizeX - 1, Math.floor(Math.max(...xs)));
  for (let x = first; x <= last; x++) {
    // Even-odd: the borders that the line through the middle of the voxels crosses, in pairs.
    const crossings: number[] = [];
    for (let i = 0; i < xs.length; i++) {
      const j = (i + 1) % xs.length, low = Math.min(xs[i], xs[j]), high = Math.max(xs[i], xs[j]);
      if (x + 0.5 < low || x + 0.5 >= high) continue;
      crossings.push(zs[i] + (zs[j] - zs[i]) * (x + 0.5 - xs[i]) / (xs[j] - xs[i]));
    }
    crossings.sort((a, b) => a - b);
    const row = (x * sizeY + layer) * sizeZ;
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil(crossings[i] - 0.5));
      const end = Math.min(sizeZ, Math.ceil(crossings[i + 1] - 0.5));
      if (from < end) labels.fill(label, row + from, row + end);
    }
  }
}

function paintStraight(labels: Uint8Array, solid: Solid, [halfX, halfZ]: Solid["half"], view: View): void {
  const { label, x, z, y, whole } = solid, { voxelMetres, grid: [sizeX, sizeY, sizeZ] } = view;
  const perMetre = 1 / voxelMetres;
  const along = (middle: number, half: number, begin: number, size: number, part?: Range): Range => {
    const within: Range | undefined = part && [part[0] - begin, part[1] - begin];
    const [first, end] = coveredVoxels([middle - half - begin, middle + half - begin], perMetre, within);
    return [Math.max(0, first), Math.min(size, end)];
  };
  const [x0, x1] = along(x, halfX, view.x, sizeX, whole?.x), [z0, z1] = along(z, halfZ, view.z, sizeZ, whole?.z);
  const [y0, y1] = voxelRange(y, perMetre, sizeY);
  if (z0 >= z1) return;
  for (let i = x0; i < x1; i++) {
    for (let j = y0; j < y1; j++) {
      const row = (i * sizeY + j) * sizeZ;
      labels.fill(label, row + z0, row + z1);
    }
  }
}

function paintTurned(labels: Uint8Array, { label, x, z, half, turn, y }: Solid, view: View): void {
  const { voxelMetres, grid: [sizeX, sizeY, sizeZ] } = view, [c, s] = turn;
  const along = Math.max(half[0], voxelMetres / 2), across = Math.max(half[1], voxelMetres / 2);
  const reachX = Math.abs(c) * along + Math.abs(s) * across, reachZ = Math.abs(s) * along + Math.abs(c) * across;
  const indexX = (at: number) => (at - view.x) / voxelMetres, indexZ = (at: number) => (at - view.z) / voxelMetres;
  const x0 = Math.max(0, Math.floor(indexX(x - reachX))), x1 = Math.min(sizeX, Math.ceil(indexX(x + reachX)));
  const z0 = Math.max(0, Math.floor(indexZ(z - reachZ))), z1 = Math.min(sizeZ, Math.ceil(indexZ(z + reachZ)));
  const [y0, y1] = voxelRange(y, 1 / voxelMetres, sizeY);
  for (let i = x0; i < x1; i++) {
    const dx = view.x + (i + 0.5) * voxelMetres - x;
    for (let k = z0; k < z1; k++) {
      const dz = view.z + (k + 0.5) * voxelMetres - z;
      if (Math.abs(c * dx + s * dz) > along || Math.abs(c * dz - s * dx) > across) continue;
      for (let j = y0; j < y1; j++) labels[(i * sizeY + j) * sizeZ + k] = label;
    }
  }
}
