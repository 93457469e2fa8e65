/** Procedural homes as label volumes: crops to learn from, and whole ones to look at. */
import { type Grid, GRID_MULTIPLE, voxelCount } from "../../grid.ts";
import { Dice } from "../dice.ts";
import { LABEL } from "../label.ts";
import { coveredVoxels, EXTENT_METRES, type Range } from "../raster.ts";
import type { WallMetres } from "./borders.ts";
import type { HomeRoom, HomeRoomType } from "./floor_plan.ts";
import { homeRooms, planHome } from "./plan_home.ts";
import { coveredRows, quarterTurned, type TurnedBox } from "./turned_box.ts";

/** Stream number of crops in the random key: "crop" in ASCII. */
const CROP_STREAM = 0x63726f70;

/** How far outside a room the middle of a crop may be, in metres: so much of a crop is outside as of the paper's scenes. */
const OUTSIDE_METRES = 1.5;

/** Where a crop is taken from a home. */
interface CropPlace {
  /** The room that it is about. */
  readonly room: HomeRoom;
  /** Quarter turns of the home before. */
  readonly quarters: number;
  /** Middle of the crop in the home that is not turned, in metres. */
  readonly x: number;
  readonly z: number;
}

function cropPlace(seed: number, index: number, rooms: readonly HomeRoom[]): CropPlace {
  const dice = new Dice(seed, index, CROP_STREAM), room = dice.pick(...rooms as [HomeRoom]);
  const within = ([from, to]: Range) => dice.between(from - OUTSIDE_METRES, to + OUTSIDE_METRES);
  return { room, quarters: dice.pick(0, 1, 2, 3), x: within(room.x), z: within(room.z) };
}

/** What the room is for that a crop is about: known without making the home. */
export function homeCropType(seed: number, index: number): HomeRoomType {
  return cropPlace(seed, index, homeRooms(seed, index)).room.type;
}

/**
 * A piece of a home: labels 0..11, `[x, y (up), z]` in C order, of 4.8 × 2.88 × 4.8 m like every procedural room.
 * Position and direction are drawn; its middle is in one of the rooms or not far outside.
 *
 * @param grid size in voxels, each a multiple of 16.
 * @param seed any unsigned 32-bit number; another seed gives other homes.
 * @param index which home of this seed, from 0: each gives one crop.
 */
export function makeHomeCrop(grid: Grid, seed: number, index: number): Uint8Array<ArrayBuffer> {
  const voxels = voxelsPerMetre(grid), { x, z, quarters } = cropPlace(seed, index, homeRooms(seed, index));
  // A home is turned as a whole: its walls are as thick as the voxels that they will lie across.
  const wall = wallMetres(voxels), planned = quarters % 2 === 0 ? wall : { x: wall.z, z: wall.x };
  const boxes = planHome(seed, index, planned).boxes.map((box) => quarterTurned(box, quarters));
  const middle = quarterTurned({ label: LABEL.empty, x: [x, x], y: [0, 0], z: [z, z] }, quarters);
  const origin = [
    Math.round(middle.x[0] * voxels[0]) - grid[0] / 2,
    Math.round(middle.z[0] * voxels[2]) - grid[2] / 2,
  ] as const;
  return paint(boxes, grid, voxels, origin);
}

/** A whole home. */
export interface WholeHome {
  /** Size in voxels, each a multiple of 16. */
  readonly grid: Grid;
  /** Labels 0..11, `[x, y (up), z]` in C order. */
  readonly labels: Uint8Array<ArrayBuffer>;
}

/**
 * A home as a whole in voxels as large as those of the crops of a grid, in the middle of the least grid that holds it.
 *
 * @param cropGrid size of crops in voxels, each a multiple of 16; the height is that of the home, too.
 */
export function makeWholeHome(cropGrid: Grid, seed: number, index: number): WholeHome {
  const voxels = voxelsPerMetre(cropGrid), { rooms, boxes } = planHome(seed, index, wallMetres(voxels));
  const { grid, origin } = frameOf(rooms, cropGrid);
  return { grid, labels: paint(boxes, grid, voxels, origin) };
}

/** The grid of {@link makeWholeHome}, without making the home. */
export function wholeHomeGrid(cropGrid: Grid, seed: number, index: number): Grid {
  return frameOf(homeRooms(seed, index), cropGrid).grid;
}

/** The least grid that holds rooms and walls, and its first column of voxels if they are in its middle. */
function frameOf(rooms: readonly HomeRoom[], cropGrid: Grid): { grid: Grid; origin: readonly [x: number, z: number] } {
  const [x, z] = (["x", "z"] as const).map((axis, i) => {
    const per = voxelsPerMetre(cropGrid)[2 * i];
    const first = Math.round(Math.min(...rooms.map((room) => room[axis][0])) * per) - 1;
    const end = Math.round(Math.max(...rooms.map((room) => room[axis][1])) * per);
    const size = Math.ceil((end - first) / GRID_MULTIPLE) * GRID_MULTIPLE;
    return { size, origin: first - Math.floor((size - (end - first)) / 2) };
  });
  return { grid: [x.size, cropGrid[1], z.size], origin: [x.origin, z.origin] };
}

type PerMetre = readonly [x: number, y: number, z: number];

function voxelsPerMetre(grid: Grid): PerMetre {
  return [grid[0] / EXTENT_METRES[0], grid[1] / EXTENT_METRES[1], grid[2] / EXTENT_METRES[2]];
}

function wallMetres([perX, , perZ]: PerMetre): WallMetres {
  return { x: 1 / perX, z: 1 / perZ };
}

/** Paints boxes in their order into a new volume, whose first column of voxels is at `origin`. */
function paint(
  boxes: readonly TurnedBox[],
  grid: Grid,
  [perX, perY, perZ]: PerMetre,
  [originX, originZ]: readonly [x: number, z: number],
): Uint8Array<ArrayBuffer> {
  const [sizeX, sizeY, sizeZ] = grid, volume = new Uint8Array(voxelCount(grid));
  for (const box of boxes) {
    const [bottom, top] = coveredVoxels(box.y, perY), y0 = bottom + 1, y1 = Math.min(top + 1, sizeY); // 0 is the floor
    coveredRows(box, perX, perZ, (column, from, to) => {
      const x = column - originX, first = Math.max(0, from - originZ), end = Math.min(sizeZ, to - originZ);
      if (x < 0 || x >= sizeX || first >= end) return;
      for (let y = y0; y < y1; y++) {
        volume.fill(box.label, (x * sizeY + y) * sizeZ + first, (x * sizeY + y) * sizeZ + end);
      }
    });
  }
  return volume;
}
