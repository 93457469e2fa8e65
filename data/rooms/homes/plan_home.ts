/** One procedural home in metres. */
import { Dice } from "../dice.ts";
import { LABEL } from "../label.ts";
import { overlap } from "../plan.ts";
import { type Box, type Range, SHEET_METRES } from "../raster.ts";
import { bordersOf, type WallMetres } from "./borders.ts";
import { drawFloorPlan, type HomeRoom } from "./floor_plan.ts";
import { clutterRoom, furnishRoom, type HomeShell } from "./furnish.ts";
import { BEFORE_WINDOW_METRES, type Door, drawDoors, drawWindows } from "./home_openings.ts";
import type { TurnedBox } from "./turned_box.ts";
import { lineWalls } from "./wall_units.ts";

/** Stream number of homes in the random key: "home" in ASCII. */
const HOME_STREAM = 0x686f6d65;

/** A home: its rooms, and all that it is made of in the order in which it is painted. */
export interface Home {
  readonly rooms: readonly HomeRoom[];
  /** By which all rooms can be reached; one leads out, unless no outer wall is long enough. */
  readonly doors: readonly Door[];
  readonly boxes: readonly TurnedBox[];
}

/** The rooms of a home: the first choices its dice make. */
export function homeRooms(seed: number, index: number): HomeRoom[] {
  return drawFloorPlan(new Dice(seed, index, HOME_STREAM));
}

/**
 * A home of 2 to 8 rooms. The same for every grid but for its walls, which are a voxel thick.
 *
 * @param seed any unsigned 32-bit number. @param index which home of this seed, from 0.
 */
export function planHome(seed: number, index: number, wall: WallMetres): Home {
  const dice = new Dice(seed, index, HOME_STREAM), rooms = drawFloorPlan(dice);
  const shell: HomeShell = { height: dice.chance(0.7) ? 2.52 : 2.34, hasCeiling: dice.chance(0.86) };
  const borders = bordersOf(rooms, wall);
  const drawn = new Map(rooms.map((room) => [room, furnishRoom(dice, room, shell, wall)]));
  const doors = drawDoors(dice, rooms, borders, drawn, wall), clearances = doors.map(({ clearance }) => clearance);
  const furniture = new Map([...drawn].map(([room, boxes]) => [room, withoutBlocking(boxes, clearances)]));
  const windows = drawWindows(dice, borders, furniture, doors, wall);
  for (const room of rooms) {
    const boxes = furniture.get(room)!;
    boxes.push(...lineWalls(dice, room, borders, [...boxes, ...clearances, ...windows.map(widened)], wall));
  }
  const clutter = rooms.flatMap((room) => clutterRoom(dice, room, [...furniture.get(room)!, ...clearances], wall));
  return {
    rooms,
    doors,
    boxes: [
      ...shellOf(rooms, shell, wall),
      ...doors.map(({ opening }) => opening),
      ...windows,
      ...[...furniture.values()].flat(),
      ...clutter,
    ],
  };
}

/** A window with the space before it that stays free. */
function widened({ label, x, y, z }: Box): Box {
  const by = ([from, to]: Range): Range => [from - BEFORE_WINDOW_METRES, to + BEFORE_WINDOW_METRES];
  return { label, x: by(x), y, z: by(z) };
}

/** The furniture without pieces of which a part stands where it must be free. */
function withoutBlocking(boxes: readonly Box[], clearances: readonly Box[]): Box[] {
  const blocking = boxes.filter((box) => clearances.some((each) => overlap(each, box)));
  const pieces = new Set(blocking.map(({ footprint }) => footprint));
  return boxes.filter(({ footprint }) => !pieces.has(footprint));
}

/** Floors, ceilings and walls of all rooms; neighbours share their walls. */
function shellOf(rooms: readonly HomeRoom[], { height, hasCeiling }: HomeShell, wall: WallMetres): Box[] {
  return rooms.flatMap(({ x: [x0, x1], z: [z0, z1] }) => {
    const x = [x0 - wall.x, x1] as const, z = [z0 - wall.z, z1] as const, y = [0, height] as const;
    return [
      { label: LABEL.floor, x, y: [-SHEET_METRES, 0], z },
      ...hasCeiling ? [{ label: LABEL.ceiling, x, y: [height, height + SHEET_METRES], z } as const] : [],
      ...[x0, x1].map((at) => ({ label: LABEL.wall, x: [at - wall.x, at] as const, y, z })),
      ...[z0, z1].map((at) => ({ label: LABEL.wall, x, y, z: [at - wall.z, at] as const })),
    ] satisfies Box[];
  });
}
