/** Opens a room like a doll's house: decides which voxels to leave out so that the camera looks inside. */
import { type ClassSet, PAPER_CLASSES } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import type { Vector } from "./vector.ts";

/** What a class is for looking inside; classes are known by the published names. */
const OTHER = 0, CEILING = 1, FLOOR = 2, WALL = 3;

/** The part of a room that each label is. */
function partsOf({ names }: ClassSet): Uint8Array {
  const parts: Readonly<Record<string, number>> = { ceiling: CEILING, floor: FLOOR, wall: WALL, window: WALL };
  return Uint8Array.from(names, (name) => Object.hasOwn(parts, name) ? parts[name] : OTHER);
}

/** A column of voxels counts as wall, not as inside of the room, from this share of its height on. */
const WALL_SHARE = 0.25;
/** A column with wall at its top, as above a door, over this share of the height is part of the wall as a whole. */
const LINTEL_SHARE = 1 / 12;
/** A wall is in the way if this many times more of the room lies behind it than in front of it. */
const BEHIND_TO_FRONT = 3;
/** Steps per voxel along the floor plan. */
const STEPS = 2;

/**
 * A copy of `labels` without the ceiling and without the walls and windows between the camera and the room.
 *
 * Works on the floor plan: the inside is where there is floor or furniture but no wall. From each column that holds
 * wall or window voxels one line runs towards the eye and another away from it, and such pairs run along the axes; the
 * column is in the way if a line away from the eye crosses clearly more of the inside than its opposite. So outer
 * walls on the camera's side disappear, far walls and partitions in the middle stay, whatever the thickness and the
 * position of the walls in the grid. Doors go with the wall they are in. Seen from above, every wall stays.
 *
 * @param labels `[D, H, W]`, C order.
 * @param eye position of the camera in voxels.
 * @param classes what the labels stand for; those named ceiling, floor, wall and window make the room.
 */
export function cutAway(
  labels: Uint8Array,
  grid: Grid,
  eye: Vector,
  classes: ClassSet = PAPER_CLASSES,
): Uint8Array {
  const [sizeX, sizeY, sizeZ] = grid;
  const shown = labels.slice();
  const partOf = partsOf(classes), parts = labels.map((label) => partOf[label]);
  const inside = insideOfPlan(labels, parts, grid);
  for (let x = 0; x < sizeX; x++) {
    for (let z = 0; z < sizeZ; z++) {
      const inTheWay = wallsIn(parts, grid, x, z) > 0 && hidesRoom(inside, grid, x + 0.5, z + 0.5, eye);
      const holdsDoor = inTheWay && wallsOnTop(labels, parts, grid, x, z) >= LINTEL_SHARE * sizeY;
      for (let y = 0; y < sizeY; y++) {
        const voxel = (x * sizeY + y) * sizeZ + z;
        const part = parts[voxel];
        const inWall = part === WALL || (holdsDoor && part !== FLOOR);
        if (part === CEILING || (inTheWay && inWall)) shown[voxel] = 0;
      }
    }
  }
  return shown;
}

/** Number of wall and window voxels in the column (x, z). */
function wallsIn(parts: Uint8Array, [, sizeY, sizeZ]: Grid, x: number, z: number): number {
  let walls = 0;
  for (let y = 0; y < sizeY; y++) {
    if (parts[(x * sizeY + y) * sizeZ + z] === WALL) walls++;
  }
  return walls;
}

/** Number of wall and window voxels in one piece at the top of the column (x, z), under the ceiling. */
function wallsOnTop(
  labels: Uint8Array,
  parts: Uint8Array,
  [, sizeY, sizeZ]: Grid,
  x: number,
  z: number,
): number {
  let walls = 0;
  for (let y = sizeY - 1; y >= 0; y--) {
    const voxel = (x * sizeY + y) * sizeZ + z;
    if (parts[voxel] === WALL) walls++;
    else if (walls > 0 || (labels[voxel] !== 0 && parts[voxel] !== CEILING)) break;
  }
  return walls;
}

/** One byte per column, `[D, W]`: 1 where there is floor or furniture but no wall. */
function insideOfPlan(labels: Uint8Array, parts: Uint8Array, grid: Grid): Uint8Array {
  const [sizeX, sizeY, sizeZ] = grid;
  const inside = new Uint8Array(sizeX * sizeZ);
  for (let x = 0; x < sizeX; x++) {
    for (let z = 0; z < sizeZ; z++) {
      let filled = false;
      for (let y = 0; y < sizeY && !filled; y++) {
        const voxel = (x * sizeY + y) * sizeZ + z;
        filled = labels[voxel] !== 0 && parts[voxel] !== CEILING && parts[voxel] !== WALL;
      }
      inside[x * sizeZ + z] = filled && wallsIn(parts, grid, x, z) < WALL_SHARE * sizeY ? 1 : 0;
    }
  }
  return inside;
}

/** Whether clearly more of the inside lies behind (x, z) than before it, along any of the directions to look. */
function hidesRoom(inside: Uint8Array, grid: Grid, x: number, z: number, eye: Vector): boolean {
  return looks(grid, x, z, eye).some(([stepX, stepZ]) => {
    const behind = insideAlong(inside, grid, x, z, stepX, stepZ);
    return behind > 0 && behind > BEHIND_TO_FRONT * insideAlong(inside, grid, x, z, -stepX, -stepZ);
  });
}

/** Steps away from the eye along the floor plan: straight, and along each axis on which the eye is outside the grid. */
function looks(grid: Grid, x: number, z: number, eye: Vector): (readonly [stepX: number, stepZ: number])[] {
  const outsideX = eye[0] < 0 || eye[0] > grid[0], outsideZ = eye[2] < 0 || eye[2] > grid[2];
  if (!outsideX && !outsideZ) return []; // from above no wall is in the way
  const length = Math.hypot(x - eye[0], z - eye[2]) * STEPS;
  return [
    [(x - eye[0]) / length, (z - eye[2]) / length],
    ...(outsideX ? [[Math.sign(x - eye[0]) / STEPS, 0] as const] : []),
    ...(outsideZ ? [[0, Math.sign(z - eye[2]) / STEPS] as const] : []),
  ];
}

/** Number of steps from (x, z) to the border of the plan that fall on the inside. */
function insideAlong(inside: Uint8Array, grid: Grid, x: number, z: number, stepX: number, stepZ: number): number {
  let count = 0;
  for (let px = x, pz = z; px >= 0 && px < grid[0] && pz >= 0 && pz < grid[2]; px += stepX, pz += stepZ) {
    count += inside[Math.floor(px) * grid[2] + Math.floor(pz)];
  }
  return count;
}
