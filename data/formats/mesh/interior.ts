/** The voxels inside a closed surface, by counting how often rays through their centres cross it. */
import type { Grid } from "../../grid.ts";

/**
 * Marks every voxel whose centre is inside, for closed surfaces exactly. Three rays vote, along x, y and z:
 *
 * - Fronts and backs crossed by the whole ray are equal in number: inside is behind more fronts than backs. So bodies may
 *   overlap, and hollow ones, whose inner surface faces inwards, stay hollow.
 * - They are not, but their sum is even: the surface is closed, but some of it is turned inside out. Inside is between
 *   odd and even crossings.
 * - Their sum is odd: the ray met a hole and does not vote.
 *
 * A voxel is inside if more votes say so than not: a body with a hole is filled where two axes see no hole, and an open
 * sheet fills nothing.
 *
 * @param corners in voxels, nine numbers per triangle.
 * @param marks `[x, y, z]`, set to 1.
 */
export function markInterior(corners: Float64Array, grid: Grid, marks: Uint8Array): void {
  const votes = new Int8Array(marks.length);
  for (let axis = 0; axis < 3; axis++) castRays(corners, grid, axis, votes);
  for (let voxel = 0; voxel < votes.length; voxel++) if (votes[voxel] > 0) marks[voxel] = 1;
}

/** Adds the votes of the rays along `w`: 1 inside, −1 outside. */
function castRays(corners: Float64Array, grid: Grid, w: number, votes: Int8Array): void {
  const u = (w + 1) % 3, v = (w + 2) % 3, length = grid[w] + 1;
  /** Per ray: fronts less backs between two centres; the last place is behind the grid. */
  const crossings = new Int32Array(grid[u] * grid[v] * length);
  for (let at = 0; at < corners.length; at += 9) {
    const a = at, b = at + 3, c = at + 6;
    const ray = (value: number) => value - 0.5; // ray i passes through i + 0.5
    const firstU = Math.max(0, Math.ceil(ray(Math.min(corners[a + u], corners[b + u], corners[c + u]))));
    const lastU = Math.min(grid[u] - 1, Math.floor(ray(Math.max(corners[a + u], corners[b + u], corners[c + u]))));
    const firstV = Math.max(0, Math.ceil(ray(Math.min(corners[a + v], corners[b + v], corners[c + v]))));
    const lastV = Math.min(grid[v] - 1, Math.floor(ray(Math.max(corners[a + v], corners[b + v], corners[c + v]))));
    for (let i = firstU; i <= lastU; i++) {
      for (let j = firstV; j <= lastV; j++) {
        const pu = i + 0.5, pv = j + 0.5;
        const side = leftOf(corners, a, b, u, v, pu, pv);
        if (side !== leftOf(corners, b, c, u, v, pu, pv) || side !== leftOf(corners, c, a, u, v, pu, pv)) continue;
        const depth = depthAt(corners, at, u, v, w, pu, pv);
        const place = Math.min(length - 1, Math.max(0, Math.ceil(depth - 0.5)));
        crossings[(i * grid[v] + j) * length + place] += side ? -1 : 1;
      }
    }
  }
  const stride = [grid[1] * grid[2], grid[2], 1];
  for (let i = 0; i < grid[u]; i++) {
    for (let j = 0; j < grid[v]; j++) {
      const start = (i * grid[v] + j) * length;
      let total = 0;
      for (let k = 0; k < length; k++) total += crossings[start + k];
      if (total % 2 !== 0) continue;
      for (let k = 0, winding = 0; k < grid[w]; k++) {
        winding += crossings[start + k];
        const inside = total === 0 ? winding > 0 : winding % 2 !== 0;
        votes[i * stride[u] + j * stride[v] + k * stride[w]] += inside ? 1 : -1;
      }
    }
  }
}

/**
 * Whether (pu, pv) is left of the edge from `from` to `to`. Both triangles at an edge compute the same number, and a
 * point on it is taken to be moved a little (along u, and less along v), so a ray always crosses exactly one of them:
 * Edelsbrunner and Mücke, "Simulation of simplicity", ACM TOG 9 (1990).
 */
function leftOf(
  corners: Float64Array,
  from: number,
  to: number,
  u: number,
  v: number,
  pu: number,
  pv: number,
): boolean {
  const swap = corners[from + u] > corners[to + u] ||
    (corners[from + u] === corners[to + u] && corners[from + v] > corners[to + v]);
  const a = swap ? to : from, b = swap ? from : to;
  const du = corners[b + u] - corners[a + u], dv = corners[b + v] - corners[a + v];
  const area = du * (pv - corners[a + v]) - dv * (pu - corners[a + u]);
  const left = area !== 0 ? area > 0 : dv !== 0 ? dv < 0 : du > 0;
  return left !== swap;
}

/** Where along `w` the plane of a triangle is at (pu, pv). */
function depthAt(corners: Float64Array, at: number, u: number, v: number, w: number, pu: number, pv: number): number {
  const bu = corners[at + 3 + u] - corners[at + u], bv = corners[at + 3 + v] - corners[at + v];
  const cu = corners[at + 6 + u] - corners[at + u], cv = corners[at + 6 + v] - corners[at + v];
  const area = bu * cv - bv * cu, qu = pu - corners[at + u], qv = pv - corners[at + v];
  const shareB = (qu * cv - qv * cu) / area, shareC = (bu * qv - bv * qu) / area;
  const depth = corners[at + w] + shareB * (corners[at + 3 + w] - corners[at + w]) +
    shareC * (corners[at + 6 + w] - corners[at + w]);
  return Number.isNaN(depth) ? corners[at + w] : depth; // a triangle seen from its edge
}
