/** Grids of files resized for the networks, which want multiples of 16. */
import { UserError } from "../../base/errors.ts";
import { formatGrid, type Grid, GRID_MULTIPLE, voxelCount } from "../grid.ts";

/** The ways to resize a scene; see {@link resizeLabels}. */
export const RESIZINGS = ["pad", "crop", "nearest", "majority"] as const;

/** How a scene is resized; see {@link resizeLabels}. */
export type Resizing = (typeof RESIZINGS)[number];

/** What files are read with unless told otherwise: nothing is lost. */
export const DEFAULT_RESIZING: Resizing = "pad";

/** Most voxels of a scene, 128 MiB of labels: more is a damaged header rather than a room. */
const MOST_VOXELS = 2 ** 27;

const ROUNDINGS: Readonly<Record<Resizing, (value: number) => number>> = {
  pad: Math.ceil,
  crop: Math.floor,
  nearest: (value) => Math.max(1, Math.round(value)),
  majority: (value) => Math.max(1, Math.round(value)),
};

/**
 * The grid of multiples of 16 that scenes of `grid` get: the next larger axes, with `crop` the next smaller ones, else
 * the nearest.
 *
 * @param name names the file in errors.
 * @throws {UserError} if an axis is empty, too short to be cropped, or there are too many voxels.
 */
export function resizedGrid(grid: Grid, resize: Resizing, name: string): Grid {
  const of = (size: number) => ROUNDINGS[resize](size / GRID_MULTIPLE) * GRID_MULTIPLE;
  const resized: Grid = [of(grid[0]), of(grid[1]), of(grid[2])];
  if (grid.includes(0)) throw new UserError(`${name} has an empty scene, [${grid.join(", ")}]`);
  if (resized.includes(0)) {
    throw new UserError(
      `${name}: [${grid.join(", ")}] has an axis below ${GRID_MULTIPLE}, too short for --crop; --pad it`,
    );
  }
  if (voxelCount(resized) <= MOST_VOXELS) return resized;
  throw new UserError(`${name}: a scene of [${grid.join(", ")}] voxels is too large, expected at most ${MOST_VOXELS}`);
}

/** `, padded from 60x36x60`; nothing where the grid fits as it is. */
export function resizeNote(grid: Grid, resized: Grid, resize: Resizing): string {
  if (formatGrid(grid) === formatGrid(resized)) return "";
  const done = resize === "pad" ? "padded" : resize === "crop" ? "cropped" : `resampled (${resize})`;
  return `, ${done} from ${formatGrid(grid)}`;
}

/**
 * Labels `[D, H, W]` of `grid` in the grid `to` of {@link resizedGrid}.
 *
 * - `pad`: empty voxels (0) at the far ends;
 * - `crop`: the far ends are cut off;
 * - `nearest`: each voxel takes the label in its middle;
 * - `majority`: each takes the label that fills most of its place; the lowest of several.
 */
export function resizeLabels(
  labels: Uint8Array<ArrayBuffer>,
  grid: Grid,
  to: Grid,
  resize: Resizing,
): Uint8Array<ArrayBuffer> {
  if (formatGrid(grid) === formatGrid(to)) return labels;
  if (resize === "nearest") return nearest(labels, grid, to);
  return resize === "majority" ? majority(labels, grid, to) : atCorner(labels, grid, to);
}

/** What both grids have in common, from the corner [0, 0, 0] on. */
function atCorner(labels: Uint8Array, grid: Grid, to: Grid): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(voxelCount(to));
  const [width, height, depth] = [0, 1, 2].map((axis) => Math.min(grid[axis], to[axis]));
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const start = (x * grid[1] + y) * grid[2];
      out.set(labels.subarray(start, start + depth), (x * to[1] + y) * to[2]);
    }
  }
  return out;
}

function nearest(labels: Uint8Array, grid: Grid, to: Grid): Uint8Array<ArrayBuffer> {
  const [xs, ys, zs] = to.map((size, axis) =>
    Array.from({ length: size }, (_, i) => Math.floor((i + 0.5) * grid[axis] / size))
  );
  const out = new Uint8Array(voxelCount(to));
  let at = 0;
  for (const x of xs) {
    for (const y of ys) for (const z of zs) out[at++] = labels[(x * grid[1] + y) * grid[2] + z];
  }
  return out;
}

function majority(labels: Uint8Array, grid: Grid, to: Grid): Uint8Array<ArrayBuffer> {
  const [xs, ys, zs] = to.map((size, axis) => Array.from({ length: size }, (_, i) => covered(i, grid[axis], size)));
  const out = new Uint8Array(voxelCount(to)), shares = new Float64Array(labels.reduce((a, b) => Math.max(a, b), 0) + 1);
  let next = 0;
  for (const x of xs) {
    for (const y of ys) {
      for (const z of zs) {
        shares.fill(0);
        for (const i of x) {
          for (const j of y) {
            const row = (i.index * grid[1] + j.index) * grid[2], share = i.share * j.share;
            for (const k of z) shares[labels[row + k.index]] += share * k.share;
          }
        }
        out[next++] = shares.indexOf(shares.reduce((a, b) => Math.max(a, b)));
      }
    }
  }
  return out;
}

/** The voxels along an axis of `from` that voxel `i` of `to` covers, and how much of each, in parts of 1 / `to`. */
function covered(i: number, from: number, to: number): { index: number; share: number }[] {
  const start = i * from, end = start + from, first = Math.floor(start / to);
  return Array.from({ length: Math.ceil(end / to) - first }, (_, n) => {
    const index = first + n;
    return { index, share: Math.min(end, (index + 1) * to) - Math.max(start, index * to) };
  });
}
