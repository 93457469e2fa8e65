/** What stands in the rooms of a home. */
import type { Dice } from "../dice.ts";
import { LABEL, type Label } from "../label.ts";
import { Plan } from "../plan.ts";
import type { Box, Range } from "../raster.ts";
import { ROOM_TYPES } from "../room_types.ts";
import { sofa } from "../sofas.ts";
import { Spot } from "../spot.ts";
import { cupboard } from "../storage.ts";
import { chair, table } from "../tables.ts";
import { floorLamp, plant, trunk } from "../decor.ts";
import { interior, type WallMetres } from "./borders.ts";
import type { HomeRoom } from "./floor_plan.ts";
import type { TurnedBox } from "./turned_box.ts";

/** The height of a home, and whether it has a ceiling: of all its rooms alike. */
export interface HomeShell {
  /** From floor to ceiling, in metres. */
  readonly height: number;
  readonly hasCeiling: boolean;
}

/** Rooms are planned as if walls were this thick, so that they are alike on every grid. */
const THICKEST_WALL_METRES = 0.3;

/** The furniture of a room, as procedural rooms have it, with its back to any of the four sides. */
export function furnishRoom(dice: Dice, room: HomeRoom, shell: HomeShell, wall: WallMetres): Box[] {
  if (room.type === "corridor") return [];
  const { x, z } = interior(room, wall), kind = ROOM_TYPES[room.type];
  const [spanX, spanZ] = [room.x, room.z].map(([from, to]) => to - from - THICKEST_WALL_METRES + 1e-6);
  const fits = [false, true].filter((exchanged) =>
    kind.sizes.some(([width, depth]) => exchanged ? spanX >= depth && spanZ >= width : spanX >= width && spanZ >= depth)
  ) as [boolean, ...boolean[]];
  const exchanged = dice.pick(...fits), sizes = [x[1] - x[0], z[1] - z[0]] as const;
  const plan = new Plan(dice, exchanged ? [sizes[1], sizes[0]] : sizes, { ...shell, exchanged, openCorner: false });
  kind.furnish(plan);
  const flipX = dice.chance(0.5), flipZ = dice.chance(0.5);
  const footprints = new Map<Box["footprint"], Box["footprint"]>();
  const place = <T extends { readonly x: Range; readonly z: Range }>(box: T): T => ({
    ...box,
    x: placed(box.x, x, flipX),
    z: placed(box.z, z, flipZ),
  });
  return plan.furniture.map((box) => {
    const { footprint } = box;
    if (footprint && !footprints.has(footprint)) footprints.set(footprint, place(footprint));
    return { ...place(box), footprint: footprints.get(footprint) };
  });
}

/** A range of a room in the home, counted from the other end if it is flipped. */
function placed([from, to]: Range, [least, most]: Range, flip: boolean): Range {
  return flip ? [most - to, most - from] : [least + from, least + to];
}

/** Things that stand about: how large their floor area is, and how they are drawn. */
type Thing = readonly [width: number, depth: number, draw: (spot: Spot) => void];
const CLUTTER: readonly [Thing, ...Thing[]] = [
  [0.45, 0.45, chair],
  [1.2, 0.9, sofa],
  [0.6, 0.6, plant],
  [0.45, 0.45, floorLamp],
  [0.6, 0.45, trunk],
  [0.9, 0.45, (spot) => cupboard(spot, 0.54)],
  [1.2, 0.6, (spot) => table(spot, 0.36)],
];
/** Things tried for each 10 m² of floor. */
const CLUTTER_PER_10_M2 = 5;
/** How far things are turned at most, in radians. */
const MOST_TURNED = 0.6;
/** Free space around a thing. */
const AROUND_METRES = 0.06;

/**
 * Things that stand about in a room, most of them turned, where nothing else is.
 *
 * @param taken what must stay free: furniture, and the floor before doors.
 */
export function clutterRoom(dice: Dice, room: HomeRoom, taken: readonly Box[], wall: WallMetres): TurnedBox[] {
  const { x, z } = interior(room, wall), boxes: TurnedBox[] = [], used = [...taken];
  const area = (x[1] - x[0]) * (z[1] - z[0]), tries = Math.round(area * CLUTTER_PER_10_M2 / 10);
  for (let i = 0; i < tries; i++) {
    const [width, depth, draw] = dice.pick(...CLUTTER);
    const radius = Math.hypot(width, depth) / 2, reach = radius + AROUND_METRES;
    const centre = { x: dice.between(x[0] + reach, x[1] - reach), z: dice.between(z[0] + reach, z[1] - reach) };
    const angle = dice.chance(0.7) ? dice.between(-MOST_TURNED, MOST_TURNED) : 0;
    const around: Box = { label: LABEL.empty, x: about(centre.x, reach), y: [0, 2], z: about(centre.z, reach) };
    if (reach * 2 > Math.min(x[1] - x[0], z[1] - z[0]) || used.some((box) => overlaps(box, around))) continue;
    const turn = angle === 0 ? undefined : { ...centre, angle };
    const facing = dice.pick("front", "back", "left", "right"), sideways = facing === "left" || facing === "right";
    const [alongX, alongZ] = sideways ? [depth, width] : [width, depth];
    const footprint = { x: about(centre.x, alongX / 2), z: about(centre.z, alongZ / 2) };
    const add = (label: Label, x: Range, z: Range, y: Range) => {
      boxes.push({ label, x, y, z, footprint: turn ? undefined : footprint, turn });
    };
    draw(new Spot(add, facing, footprint.x[0], footprint.z[0], width, depth));
    used.push(around);
  }
  return boxes;
}

function about(middle: number, reach: number): Range {
  return [middle - reach, middle + reach];
}

/** Whether two boxes share floor area. */
function overlaps(a: Box, b: Box): boolean {
  return a.x[0] < b.x[1] && b.x[0] < a.x[1] && a.z[0] < b.z[1] && b.z[0] < a.z[1];
}
