/** Opens a room like a doll's house: decides which voxels to leave out so that the camera looks inside. */
import { CLASS_NAMES } from "../data/classes.ts";
import type { Grid } from "../data/grid.ts";
import type { Vector } from "./vector.ts";

const CEILING = CLASS_NAMES.indexOf("ceiling");
const WALL = CLASS_NAMES.indexOf("wall");
const WINDOW = CLASS_NAMES.indexOf("window");

/** A column of voxels counts as wall, not as inside of the room, from this share of its height on. */
const WALL_SHARE = 0.25;
/** A wall is in the way if this many times more of the room lies behind it than in front of it. */
const BEHIND_TO_FRONT = 3;
/** Steps per voxel along the floor plan. */
const STEPS = 2;

/**
 * A copy of `labels` without the ceiling and without the walls and windows between the camera and the room.
 *
 * Works on the floor plan: the inside is where there is floor or furniture but no wall. From each column that holds
 * wall or window voxels a line runs towards the eye and another away from it; the column is in the way if the line
 * away crosses clearly more of the inside. So outer walls on the camera's side disappear, far walls and
 * partitions in the middle stay, whatever the thickness and the position of the walls in the grid. Seen from above,
 * every wall stays.
 *
 * @param labels `[D, H, W]`, C order.
 * @param eye position of the camera in voxels.
 */
export function cutAway(labels: Uint8Array, grid: Grid, eye: Vector): Uint8Array {
  const [sizeX, sizeY, sizeZ] = grid;
  const shown = labels.slice();
  const inside = insideOfPlan(labels, grid);
  const fromAbove = eye[0] >= 0 && eye[0] < sizeX && eye[2] >= 0 && eye[2] < sizeZ; // no wall stands in the way
  for (let x = 0; x < sizeX; x++) {
    for (let z = 0; z < sizeZ; z++) {
      let inTheWay: boolean | undefined;
      for (let y = 0; y < sizeY; y++) {
        const voxel = (x * sizeY + y) * sizeZ + z;
        if (labels[voxel] === CEILING) shown[voxel] = 0;
        if (labels[voxel] !== WALL && labels[voxel] !== WINDOW) continue;
        inTheWay ??= !fromAbove && hidesRoom(inside, grid, x + 0.5, z + 0.5, eye);
        if (inTheWay) shown[voxel] = 0;
      }
    }
  }
  return shown;
}

/** One byte per column, `[D, W]`: 1 where there is floor or furniture but no wall. */
function insideOfPlan(labels: Uint8Array, [sizeX, sizeY, sizeZ]: Grid): Uint8Array {
  const inside = new Uint8Array(sizeX * sizeZ);
  for (let x = 0; x < sizeX; x++) {
    for (let z = 0; z < sizeZ; z++) {
      let walls = 0, others = 0;
      for (let y = 0; y < sizeY; y++) {
        const label = labels[(x * sizeY + y) * sizeZ + z];
        if (label === WALL || label === WINDOW) walls++;
        else if (label !== 0 && label !== CEILING) others++;
      }
      inside[x * sizeZ + z] = others > 0 && walls < WALL_SHARE * sizeY ? 1 : 0;
    }
  }
  return inside;
}

/** Whether more of the inside lies behind (x, z) than before it, seen from the eye. */
function hidesRoom(inside: Uint8Array, grid: Grid, x: number, z: number, eye: Vector): boolean {
  const length = Math.hypot(x - eye[0], z - eye[2]);
  const stepX = (x - eye[0]) / length / STEPS, stepZ = (z - eye[2]) / length / STEPS;
  const behind = insideAlong(inside, grid, x, z, stepX, stepZ);
  return behind > 0 && behind > BEHIND_TO_FRONT * insideAlong(inside, grid, x, z, -stepX, -stepZ);
}

/** Number of steps from (x, z) to the border of the plan that fall on the inside. */
function insideAlong(inside: Uint8Array, grid: Grid, x: number, z: number, stepX: number, stepZ: number): number {
  let count = 0;
  for (let px = x, pz = z; px >= 0 && px < grid[0] && pz >= 0 && pz < grid[2]; px += stepX, pz += stepZ) {
    count += inside[Math.floor(px) * grid[2] + Math.floor(pz)];
  }
  return count;
}
