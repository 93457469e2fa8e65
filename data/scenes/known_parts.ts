/**
 * Which part of a scene is known, the rest being left to the imagination: masks uint8 `[D, H, W]`, 1 where a voxel is
 * known. A fresh mask of {@link knownVoxels} has parts hidden from it.
 */
import { isFilled, UNKNOWN_LABEL } from "../classes.ts";
import type { Grid } from "../grid.ts";
import { forEachComponent, PIECES } from "./components.ts";

/** Voxels from `start` up to, but not including, `end`, along x, y (up) and z. */
export interface Box {
  /** First voxel on each axis. */
  readonly start: Grid;
  /** First voxel beyond on each axis. */
  readonly end: Grid;
}

/** Uniform numbers in [0, 1), such as a `UniformSequence`. */
export interface Dice {
  /** The next number. */
  next(): number;
  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number;
}

/** A mask of a scene that hides nothing but what is unknown anyway. */
export function knownVoxels(labels: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(labels, (label) => label === UNKNOWN_LABEL ? 0 : 1);
}

/** Sets the voxels of a box, as far as it is in the grid: 0 hides them. */
export function setBox(mask: Uint8Array, [depth, height, width]: Grid, { start, end }: Box, value: 0 | 1): void {
  for (let x = Math.max(0, start[0]); x < Math.min(depth, end[0]); x++) {
    for (let y = Math.max(0, start[1]); y < Math.min(height, end[1]); y++) {
      const row = (x * height + y) * width;
      mask.fill(value, row + Math.max(0, start[2]), row + Math.max(start[2], Math.min(width, end[2])));
    }
  }
}

/** The scene where it is known, empty elsewhere. */
export function knownScene(labels: Uint8Array, mask: Uint8Array): Uint8Array<ArrayBuffer> {
  return labels.map((label, voxel) => mask[voxel] === 0 ? 0 : label);
}

/** Boxes around the pieces that a scene falls into, each with its class and the number of its voxels. */
export function pieces(labels: Uint8Array, grid: Grid): { label: number; voxels: number; box: Box }[] {
  const found: { label: number; voxels: number; box: Box }[] = [];
  forEachComponent(labels, grid, PIECES, (voxels) => {
    found.push({ label: labels[voxels[0]], voxels: voxels.length, box: boxOf(voxels, grid) });
  });
  return found;
}

/** The least box that holds voxels, given as places in a volume `[D, H, W]`. */
export function boxOf(voxels: Iterable<number>, grid: Grid): Box {
  const [, height, width] = grid;
  const start: [number, number, number] = [...grid], end: [number, number, number] = [0, 0, 0];
  for (const voxel of voxels) {
    const at = [Math.floor(voxel / (height * width)), Math.floor(voxel / width) % height, voxel % width];
    at.forEach((place, axis) => {
      start[axis] = Math.min(start[axis], place);
      end[axis] = Math.max(end[axis], place + 1);
    });
  }
  return { start, end };
}

/** The box with a margin of one voxel: what hides a piece without telling its outline. */
export function around({ start, end }: Box): Box {
  const moved = ([x, y, z]: Grid, by: number): Grid => [x + by, y + by, z + by];
  return { start: moved(start, -1), end: moved(end, 1) };
}

/** A place to look from, and where to. */
export interface Camera {
  /** In voxels; the middle of the first voxel is at ½, ½, ½. */
  readonly position: Grid;
  /** A vector of any length. */
  readonly direction: Grid;
  /** Angle between the direction and the edge of what is seen, in radians. */
  readonly halfAngle: number;
}

/**
 * What a camera sees: the empty voxels that its rays pass, and the first filled ones that they hit; no ray passes an
 * unknown one. A ray goes through
 * the middle of each outer voxel of the grid within its cone (J. Amanatides and A. Woo, "A Fast Voxel Traversal
 * Algorithm for Ray Tracing", Eurographics 1987).
 */
export function visibleFrom(camera: Camera, labels: Uint8Array, grid: Grid): Uint8Array<ArrayBuffer> {
  const seen = new Uint8Array(labels.length), [depth, height, width] = grid, { position, direction } = camera;
  const least = Math.cos(camera.halfAngle) * Math.hypot(...direction);
  const look = (x: number, y: number, z: number) => {
    const ray: Grid = [x + 0.5 - position[0], y + 0.5 - position[1], z + 0.5 - position[2]];
    const along = ray[0] * direction[0] + ray[1] * direction[1] + ray[2] * direction[2];
    const length = Math.hypot(...ray); // 0 where the camera itself is in an outer voxel: no way leads there
    if (length > 0 && along >= least * length) follow(position, ray, labels, grid, seen);
  };
  for (let x = 0; x < depth; x++) {
    for (let y = 0; y < height; y++) {
      const outer = x === 0 || x === depth - 1 || y === 0 || y === height - 1;
      for (let z = 0; z < width; z += outer ? 1 : Math.max(1, width - 1)) look(x, y, z);
    }
  }
  return seen;
}

/** Marks the voxels from `position` along `ray` up to the first filled one or the border. */
function follow(position: Grid, ray: Grid, labels: Uint8Array, grid: Grid, seen: Uint8Array): void {
  const at = position.map(Math.floor), step = ray.map(Math.sign);
  // In lengths of the ray: to the next border of a voxel on each axis, and from border to border.
  const next = ray.map((by, axis) => by === 0 ? Infinity : (at[axis] + (by > 0 ? 1 : 0) - position[axis]) / by);
  const between = ray.map((by) => by === 0 ? Infinity : 1 / Math.abs(by));
  while (at.every((place, axis) => place >= 0 && place < grid[axis])) {
    const voxel = (at[0] * grid[1] + at[1]) * grid[2] + at[2];
    if (labels[voxel] === UNKNOWN_LABEL) return;
    seen[voxel] = 1;
    if (isFilled(labels[voxel])) return;
    const axis = next[0] <= next[1] ? (next[0] <= next[2] ? 0 : 2) : next[1] <= next[2] ? 1 : 2;
    at[axis] += step[axis];
    next[axis] += between[axis];
  }
}

/** Largest share of a scene's filled voxels that a piece may have to be taken out as an object. */
const OBJECT_SHARE = 0.2;
/** Least voxels of an object; smaller pieces are debris. */
const OBJECT_VOXELS = 9;
/** Half the angle that a camera sees. */
const VIEW_HALF_ANGLE = Math.PI / 4;
/** Tries to find an empty place for a camera. */
const CAMERA_TRIES = 32;

/**
 * A mask as someone might give one, four kinds being equally likely: one to three boxes hidden; one side of a plane
 * hidden; one object taken out, with all in the box around it; all hidden but what a camera in the scene sees.
 */
export function randomlyKnown(labels: Uint8Array, grid: Grid, dice: Dice): Uint8Array<ArrayBuffer> {
  const kind = dice.below(4);
  if (kind === 3) {
    const seen = randomView(labels, grid, dice);
    if (seen) return seen;
  }
  const mask = knownVoxels(labels);
  const object = kind === 2 ? randomObject(labels, grid, dice) : null;
  if (object) setBox(mask, grid, around(object), 0);
  else if (kind === 1) setBox(mask, grid, randomHalf(grid, dice), 0);
  else for (let boxes = 1 + dice.below(3); boxes > 0; boxes--) setBox(mask, grid, randomBox(grid, dice), 0);
  return mask;
}

/** A box of at least a quarter of the grid along each axis. */
function randomBox(grid: Grid, dice: Dice): Box {
  const sides = grid.map((size) => {
    const length = Math.ceil(size / 4) + dice.below(size - Math.ceil(size / 4) + 1);
    const start = dice.below(size - length + 1);
    return [start, start + length];
  });
  const at = (end: 0 | 1): Grid => [sides[0][end], sides[1][end], sides[2][end]];
  return { start: at(0), end: at(1) };
}

/** One side of a plane across x or z, of a quarter to three quarters of the grid. */
function randomHalf(grid: Grid, dice: Dice): Box {
  const axis = dice.below(2) * 2, size = grid[axis];
  const plane = Math.round(size / 4) + dice.below(Math.round(size / 2) + 1);
  const side = (value: number): Grid => axis === 0 ? [value, grid[1], grid[2]] : [grid[0], grid[1], value];
  if (dice.below(2) === 0) return { start: [0, 0, 0], end: side(plane) };
  return { start: axis === 0 ? [plane, 0, 0] : [0, 0, plane], end: grid };
}

/** The box of one of the scene's objects; null if it has none. */
function randomObject(labels: Uint8Array, grid: Grid, dice: Dice): Box | null {
  const all = pieces(labels, grid), filled = all.reduce((sum, { voxels }) => sum + voxels, 0);
  const objects = all.filter(({ voxels }) => voxels >= OBJECT_VOXELS && voxels <= OBJECT_SHARE * filled);
  return objects.length === 0 ? null : objects[dice.below(objects.length)].box;
}

/** What a camera at eye height, above something to stand on, sees; null if no empty place was found for it. */
function randomView(labels: Uint8Array, grid: Grid, dice: Dice): Uint8Array<ArrayBuffer> | null {
  for (let tries = 0; tries < CAMERA_TRIES; tries++) {
    const [x, y, z] = [dice.below(grid[0]), Math.floor(grid[1] / 2), dice.below(grid[2])];
    const filled = (height: number) => labels[(x * grid[1] + height) * grid[2] + z] !== 0;
    if (filled(y) || !Array.from({ length: y }, (_, height) => height).some(filled)) continue;
    const angle = 2 * Math.PI * dice.next();
    const direction: Grid = [Math.cos(angle), -0.2, Math.sin(angle)];
    return visibleFrom({ position: [x + 0.5, y + 0.5, z + 0.5], direction, halfAngle: VIEW_HALF_ANGLE }, labels, grid);
  }
  return null;
}
