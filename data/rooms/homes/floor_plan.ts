/** Which rooms a home has, and where. */
import type { Dice } from "../dice.ts";
import type { Size } from "../plan.ts";
import type { Range } from "../raster.ts";
import { ROOM_TYPES, type RoomType } from "../room_types.ts";

/** What a room of a home is for. */
export type HomeRoomType = RoomType | "corridor";

/**
 * A room of a home. Walls are one voxel thick and belong to the far side of a border: the wall between two rooms lies
 * in the last voxels of the one that comes first along the axis.
 */
export interface HomeRoom {
  readonly type: HomeRoomType;
  /** From border to border in metres, multiples of 30 cm. */
  readonly x: Range;
  readonly z: Range;
}

/** How often a room is of a kind, relative to the others; chosen so that classes are about as frequent as in the paper. */
const WEIGHTS: Readonly<Record<RoomType, number>> = {
  bedroom: 0.3,
  living: 0.36,
  dining: 0.18,
  bathroom: 0.05,
  garage: 0.02,
  kitchen: 0.08,
  office: 0.07,
};

/** Most rooms of a row without a corridor. */
const MOST_WITHOUT_CORRIDOR = 3;
const CORRIDOR_METRES = 1.2;
/** What a room has beyond the least its furniture needs: room for walls, and to walk. */
const SPARE_METRES: readonly [number, number, number] = [0.3, 0.3, 0.6];

/**
 * Draws a floor plan of 2 to 8 rooms: up to three side by side, or two rows of them along a corridor. Rooms differ in
 * depth and rows in length, so that outlines are L-shaped and more.
 */
export function drawFloorPlan(dice: Dice): HomeRoom[] {
  const count = dice.pick(2, 3, 4, 5, 6, 7, 8);
  if (count <= MOST_WITHOUT_CORRIDOR) return row(dice, count, 0, 0, 1);
  const first = Math.ceil(count / 2), start = 0.3 * dice.pick(0, 0, 2, 4, 6);
  const rooms = [...row(dice, first, 0, 0, -1), ...row(dice, count - first, start, CORRIDOR_METRES, 1)];
  const x: Range = [Math.min(...rooms.map(({ x }) => x[0])), Math.max(...rooms.map(({ x }) => x[1]))];
  return [...rooms, { type: "corridor", x, z: [0, CORRIDOR_METRES] }];
}

/** Rooms side by side along x from `start` on, each as deep as it needs to be, on one side of the line at `z`. */
function row(dice: Dice, count: number, start: number, z: number, side: 1 | -1): HomeRoom[] {
  const rooms: HomeRoom[] = [];
  let x = start;
  for (let i = 0; i < count; i++) {
    const type = dice.weighted(WEIGHTS);
    const [width, depth] = dice.shuffled<number>(dice.pick<Size>(...ROOM_TYPES[type].sizes))
      .map((metres) => metres + dice.pick(...SPARE_METRES));
    rooms.push({ type, x: [x, x + width], z: side > 0 ? [z, z + depth] : [z - depth, z] });
    x += width;
  }
  return rooms;
}
