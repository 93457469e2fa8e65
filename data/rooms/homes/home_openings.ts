/** Doors, passages and windows of a home. */
import type { Dice } from "../dice.ts";
import { LABEL } from "../label.ts";
import { type OpeningOptions, TALL_WINDOW_RISE } from "../openings.ts";
import { overlap } from "../plan.ts";
import type { Box, Range } from "../raster.ts";
import { ROOM_TYPES } from "../room_types.ts";
import { type Border, borderBox, borderStarts, type WallMetres } from "./borders.ts";
import type { HomeRoom } from "./floor_plan.ts";

const DOOR_WIDTH_METRES = 0.9;
const DOOR_HEIGHT_METRES = 2.16;
/** Floor before and behind a door that stays free. */
const CLEARANCE_METRES = 0.6;
/** What a passage leaves of the wall on each side. */
const STUB_METRES = 0.3;
/** Space before a window that stays free. */
export const BEFORE_WINDOW_METRES = 0.15;

/** A way from room to room, or out. */
export interface Door {
  /** The rooms that it joins, or the one that it leads out of. */
  readonly rooms: readonly HomeRoom[];
  /** What replaces the wall: nothing, or a door leaf of class "furn". */
  readonly opening: Box;
  /** The floor that stays free for it, up to its height. */
  readonly clearance: Box;
}

/** What stands in each room. */
export type Furniture = ReadonlyMap<HomeRoom, readonly Box[]>;

/**
 * Doors by which every room can be reached from the last one, with a front door there: open, closed, or, from rooms that
 * people live in, a passage as wide as the wall, which makes an L-shaped room of two. They are where the least furniture
 * is in the way.
 */
export function drawDoors(
  dice: Dice,
  rooms: readonly HomeRoom[],
  borders: readonly Border[],
  furniture: Furniture,
  wall: WallMetres,
): Door[] {
  const entrance = rooms.at(-1)!, reached = new Set([entrance]);
  const wide = dice.shuffled(borders).filter(({ along }) => along[1] - along[0] >= DOOR_WIDTH_METRES);
  const front = wide.find((border) => border.rooms.length === 1 && border.rooms[0] === entrance);
  const doors = front ? [doorIn(dice, front, furniture, wall, true)] : [];
  const leadsOn = ({ rooms: [a, b] }: Border) => b !== undefined && reached.has(a) !== reached.has(b);
  for (let next = wide.find(leadsOn); next !== undefined; next = wide.find(leadsOn)) {
    next.rooms.forEach((room) => reached.add(room));
    const isPassage = next.rooms.some(({ type }) => type === "living" || type === "dining") && dice.chance(0.4);
    doors.push(isPassage ? passageIn(next, wall) : doorIn(dice, next, furniture, wall, dice.chance(0.5)));
  }
  return doors;
}

function doorIn(dice: Dice, border: Border, furniture: Furniture, wall: WallMetres, closed: boolean): Door {
  const y: Range = [0, DOOR_HEIGHT_METRES], nearby = border.rooms.flatMap((room) => furniture.get(room) ?? []);
  let best: { readonly along: Range; readonly clearance: Box } | null = null, least = Infinity;
  for (const from of dice.shuffled(borderStarts(border.along, DOOR_WIDTH_METRES))) {
    const along: Range = [from, from + DOOR_WIDTH_METRES];
    const clearance = borderBox(border, along, y, LABEL.empty, wall, CLEARANCE_METRES);
    const inTheWay = nearby.filter((box) => overlap(box, clearance)).length;
    if (inTheWay < least) [best, least] = [{ along, clearance }, inTheWay];
    if (least === 0) break;
  }
  const { along, clearance } = best!;
  return {
    rooms: border.rooms,
    opening: borderBox(border, along, y, closed ? LABEL.furn : LABEL.empty, wall),
    clearance,
  };
}

function passageIn(border: Border, wall: WallMetres): Door {
  const [from, to] = border.along, stub = Math.min(STUB_METRES, (to - from - DOOR_WIDTH_METRES) / 2);
  const along: Range = [from + stub, to - stub], y: Range = [0, DOOR_HEIGHT_METRES];
  return {
    rooms: border.rooms,
    opening: borderBox(border, along, y, LABEL.empty, wall),
    clearance: borderBox(border, along, y, LABEL.empty, wall, STUB_METRES),
  };
}

/** Windows in the outer walls, as those of procedural rooms of the kind, where nothing stands before them. */
export function drawWindows(
  dice: Dice,
  borders: readonly Border[],
  furniture: Furniture,
  doors: readonly Door[],
  wall: WallMetres,
): Box[] {
  const windows = borders.filter(({ rooms }) => rooms.length === 1).map((border) => {
    const [room] = border.rooms, { windowRise, windowWidths, tallWindows } = openingsOf(room);
    const taken = [...furniture.get(room) ?? [], ...doors.map(({ opening }) => opening)];
    const rises = dice.chance(tallWindows) ? [TALL_WINDOW_RISE, windowRise] : [windowRise];
    for (const y of rises) {
      for (const width of windowWidths) {
        const from = dice.shuffled(borderStarts(border.along, width)).find((from) => {
          const before = borderBox(border, [from, from + width], y, LABEL.empty, wall, BEFORE_WINDOW_METRES);
          return !taken.some((box) => overlap(box, before));
        });
        if (from !== undefined) return borderBox(border, [from, from + width], y, LABEL.window, wall);
      }
    }
    return null;
  });
  return windows.filter((window) => window !== null);
}

/** What the walls of a room have; a corridor's the same as an office's. */
function openingsOf({ type }: HomeRoom): OpeningOptions {
  return ROOM_TYPES[type === "corridor" ? "office" : type].openings;
}
