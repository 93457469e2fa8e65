/** The voxels that triangles pass through. */
import type { Grid } from "../../grid.ts";

/**
 * A face is moved so far inwards, against its normal, before it is tested, in voxels: what lies exactly between two
 * voxels belongs to the one behind it, so a box of whole voxels fills exactly these.
 */
const INWARDS = 1e-3;
/** Voxels are smaller by this on each side, less than {@link INWARDS}: touching a border from outside does not count. */
const SHRINK = 5e-4;

/** Whether triangles are the outside of bodies, so that what they border on is behind them, or sheets by themselves. */
export type SurfaceKind = "bodies" | "sheets";

/**
 * Marks every voxel of `grid` that a triangle passes through: the exact test of a triangle against a box by separating
 * axes (Akenine-Möller, "Fast 3D triangle-box overlap testing", J. Graphics Tools 6, 2001), 13 axes each. What lies
 * outside the grid is cut off, but a sheet on the border of the grid belongs to the voxels inside: the floor of a room is
 * often a plane at its lowest point.
 *
 * @param corners in voxels, nine numbers per triangle.
 * @param marks `[x, y, z]`, set to 1.
 * @returns how many triangles were passed over because their area is zero.
 */
export function markSurface(corners: Float64Array, kind: SurfaceKind, grid: Grid, marks: Uint8Array): number {
  const triangle = new Float64Array(9), normal = [0, 0, 0];
  let degenerate = 0;
  for (let at = 0; at < corners.length; at += 9) {
    triangle.set(corners.subarray(at, at + 9));
    setNormal(normal, triangle);
    const length = Math.hypot(...normal);
    if (!(length > 0) || !Number.isFinite(length)) {
      degenerate++;
      continue;
    }
    for (let i = 0; i < 9; i++) triangle[i] -= INWARDS * normal[i % 3] / length;
    if (kind === "sheets") moveIntoGrid(triangle, corners.subarray(at, at + 9), grid);
    markTriangle(triangle, normal, grid, marks);
  }
  return degenerate;
}

/** Moves a triangle that lay in a side of the grid to the inside of it. */
function moveIntoGrid(triangle: Float64Array, before: Float64Array, grid: Grid): void {
  for (let axis = 0; axis < 3; axis++) {
    for (const [side, inside] of [[0, INWARDS], [grid[axis], grid[axis] - INWARDS]]) {
      if ([0, 3, 6].some((corner) => Math.abs(before[corner + axis] - side) > INWARDS)) continue;
      for (const corner of [0, 3, 6]) triangle[corner + axis] = inside;
    }
  }
}

/** Sets `normal` to that of a triangle, twice its area long. */
export function setNormal(normal: number[], [ax, ay, az, bx, by, bz, cx, cy, cz]: Float64Array): void {
  const ux = bx - ax, uy = by - ay, uz = bz - az, vx = cx - ax, vy = cy - ay, vz = cz - az;
  normal[0] = uy * vz - uz * vy;
  normal[1] = uz * vx - ux * vz;
  normal[2] = ux * vy - uy * vx;
}

function markTriangle(triangle: Float64Array, normal: readonly number[], grid: Grid, marks: Uint8Array): void {
  const low = [0, 0, 0], high = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) {
    const values = [triangle[axis], triangle[3 + axis], triangle[6 + axis]];
    low[axis] = Math.max(0, Math.floor(Math.min(...values)));
    high[axis] = Math.min(grid[axis] - 1, Math.floor(Math.max(...values)));
    if (low[axis] > high[axis]) return;
  }
  // Along the axis that the triangle faces most, only voxels near its plane are tested.
  const size = normal.map(Math.abs), w = size.indexOf(Math.max(...size)), u = (w + 1) % 3, v = (w + 2) % 3;
  const slopeU = -normal[u] / normal[w], slopeV = -normal[v] / normal[w];
  const base = triangle[w] - slopeU * triangle[u] - slopeV * triangle[v];
  const reach = (Math.abs(slopeU) + Math.abs(slopeV)) / 2 + 1e-6;
  const cell = [0, 0, 0];
  for (cell[u] = low[u]; cell[u] <= high[u]; cell[u]++) {
    for (cell[v] = low[v]; cell[v] <= high[v]; cell[v]++) {
      const middle = base + slopeU * (cell[u] + 0.5) + slopeV * (cell[v] + 0.5);
      const last = Math.min(high[w], Math.floor(middle + reach));
      for (cell[w] = Math.max(low[w], Math.floor(middle - reach)); cell[w] <= last; cell[w]++) {
        const voxel = (cell[0] * grid[1] + cell[1]) * grid[2] + cell[2];
        if (marks[voxel] === 0 && passesThrough(triangle, normal, cell)) marks[voxel] = 1;
      }
    }
  }
}

const HALF = 0.5 - SHRINK;

/** Whether a triangle and the box of a voxel overlap: no axis of the thirteen separates them. */
function passesThrough(triangle: Float64Array, normal: readonly number[], cell: readonly number[]): boolean {
  const x0 = triangle[0] - cell[0] - 0.5, y0 = triangle[1] - cell[1] - 0.5, z0 = triangle[2] - cell[2] - 0.5;
  const x1 = triangle[3] - cell[0] - 0.5, y1 = triangle[4] - cell[1] - 0.5, z1 = triangle[5] - cell[2] - 0.5;
  const x2 = triangle[6] - cell[0] - 0.5, y2 = triangle[7] - cell[1] - 0.5, z2 = triangle[8] - cell[2] - 0.5;
  if (apart(x0, x1, x2, HALF) || apart(y0, y1, y2, HALF) || apart(z0, z1, z2, HALF)) return false;
  const [nx, ny, nz] = normal;
  const distance = nx * x0 + ny * y0 + nz * z0;
  if (Math.abs(distance) > HALF * (Math.abs(nx) + Math.abs(ny) + Math.abs(nz))) return false;
  return edgesOverlap(y0, z0, y1, z1, y2, z2) && edgesOverlap(z0, x0, z1, x1, z2, x2) &&
    edgesOverlap(x0, y0, x1, y1, x2, y2);
}

/** Whether three numbers all lie above `limit` or all below −`limit`. */
function apart(a: number, b: number, c: number, limit: number): boolean {
  return Math.min(a, b, c) > limit || Math.max(a, b, c) < -limit;
}

/** In the plane of two axes: whether none of the normals of the three edges separates triangle and square. */
function edgesOverlap(a0: number, b0: number, a1: number, b1: number, a2: number, b2: number): boolean {
  return edgeOverlaps(a1 - a0, b1 - b0, a0, b0, a2, b2) && edgeOverlaps(a2 - a1, b2 - b1, a1, b1, a0, b0) &&
    edgeOverlaps(a0 - a2, b0 - b2, a2, b2, a1, b1);
}

/** The same for the edge of direction (da, db) through (a, b), with the third corner at (c, d). */
function edgeOverlaps(da: number, db: number, a: number, b: number, c: number, d: number): boolean {
  const edge = a * db - b * da, corner = c * db - d * da, limit = HALF * (Math.abs(da) + Math.abs(db));
  return Math.min(edge, corner) <= limit && Math.max(edge, corner) >= -limit;
}
