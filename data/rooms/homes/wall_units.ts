/** Cupboards and shelves along the walls of a home. */
import type { Dice } from "../dice.ts";
import { LABEL } from "../label.ts";
import { overlap } from "../plan.ts";
import type { Box, Range } from "../raster.ts";
import { type Border, borderBox, borderStarts, type WallMetres } from "./borders.ts";
import type { HomeRoom } from "./floor_plan.ts";

/** How often something stands along a wall of a room, if there is room for it. */
const SHARE = 0.4;
const DEPTH_METRES = 0.45;
/** Space before a cupboard that stays free. */
const BEFORE_METRES = 0.3;

/** Cupboards, and boxes piled up, along the walls of a room, some with a thing on top. @param taken what must stay free. */
export function lineWalls(
  dice: Dice,
  room: HomeRoom,
  borders: readonly Border[],
  taken: readonly Box[],
  wall: WallMetres,
): Box[] {
  const boxes: Box[] = [];
  for (const border of borders.filter(({ rooms }) => rooms.includes(room) && dice.chance(SHARE))) {
    const label = dice.chance(0.7) ? LABEL.furn : LABEL.objs;
    const width = dice.pick(0.9, 1.2, 1.5, 1.8), height = dice.pick(0.9, 1.8, 1.8);
    const inside = (along: Range, y: Range, reach: number) => before(room, border, along, y, reach, wall);
    const from = dice.shuffled(borderStarts(border.along, width)).find((from) => {
      const around = inside([from, from + width], [0, height], DEPTH_METRES + BEFORE_METRES);
      return ![...taken, ...boxes].some((box) => overlap(box, around));
    });
    if (from === undefined) continue;
    const body = inside([from, from + width], [0, height], DEPTH_METRES);
    const footprint = { x: body.x, z: body.z };
    boxes.push({ ...body, label, footprint });
    if (height > 1 || dice.chance(0.4)) continue;
    const top = inside([from + 0.15, from + 0.6], [height, height + 0.36], DEPTH_METRES - 0.15);
    boxes.push({ ...top, label: LABEL.objs, footprint });
  }
  return boxes;
}

/** The space before a wall on the side of a room. */
function before(room: HomeRoom, border: Border, along: Range, y: Range, reach: number, wall: WallMetres): Box {
  const { across, at } = border, box = borderBox(border, along, y, LABEL.empty, wall);
  const range: Range = room[across][0] === at ? [at, at + reach] : [at - wall[across] - reach, at - wall[across]];
  return { ...box, [across]: range };
}
