/** One procedural room. */
import type { Grid } from "../grid.ts";
import { Dice } from "./dice.ts";
import { addOpenings } from "./openings.ts";
import { Plan } from "./plan.ts";
import { rasterise } from "./raster.ts";
import { ROOM_TYPES, type RoomType } from "./room_types.ts";

const WEIGHTS = Object.fromEntries(
  Object.entries(ROOM_TYPES).map(([type, { weight }]) => [type, weight]),
) as Record<RoomType, number>;

/** The kind of a room: the first choice its dice make. */
export function roomType(seed: number, index: number): RoomType {
  return new Dice(seed, index).weighted(WEIGHTS);
}

/** A room in metres: the same for every grid. */
export function planRoom(seed: number, index: number): Plan {
  const dice = new Dice(seed, index);
  const kind = ROOM_TYPES[dice.weighted(WEIGHTS)];
  const plan = new Plan(dice, dice.pick(...kind.sizes));
  kind.furnish(plan);
  addOpenings(plan, kind.openings);
  return plan;
}

/**
 * Makes an indoor scene: labels 0..11, `[x, y (up), z]` in C order.
 *
 * Grids share the room and differ in resolution: every grid spans 4.8 × 2.88 × 4.8 m.
 *
 * @param grid size in voxels, each a multiple of 16.
 * @param seed any unsigned 32-bit number; another seed gives other rooms.
 * @param index which room of this seed, from 0.
 */
export function makeRoom(grid: Grid, seed: number, index: number): Uint8Array<ArrayBuffer> {
  return rasterise(planRoom(seed, index).boxes(), grid);
}
