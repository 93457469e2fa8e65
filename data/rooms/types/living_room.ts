/** Living rooms. */
import { floorLamp, picture, plant, thingOn } from "../decor.ts";
import { LABEL } from "../label.ts";
import type { Plan } from "../plan.ts";
import { SHEET_METRES } from "../raster.ts";
import { cornerSofa, sofa } from "../sofas.ts";
import { snap, type Spot } from "../spot.ts";
import { bookshelf, cupboard } from "../storage.ts";
import { table } from "../tables.ts";

const SOFA_DEPTH_METRES = 0.9;

/** A sofa or corner sofa, a coffee table before it, and a TV on its stand opposite. */
export function furnishLivingRoom(plan: Plan): void {
  if (plan.dice.chance(0.35)) aroundTheCorner(plan);
  else straight(plan);
}

function straight(plan: Plan): void {
  const { dice, width, depth } = plan;
  // With an open corner there is no wall to put a sofa against on the right.
  const onTheLeft = plan.wallLength.right < depth || dice.chance(0.6);
  const length = dice.pick(1.8, 2.1), start = dice.pick(0.3, 0.6), middle = snap(start + length / 2);
  sofa(plan.against(onTheLeft ? "left" : "right", start, length, SOFA_DEPTH_METRES));
  coffeeTable(plan, onTheLeft ? 1.35 : width - 1.35 - 0.6, middle - 0.6);
  tvStand(plan.against(onTheLeft ? "right" : "left", middle - 0.75, 1.5, 0.45), dice.chance(0.8));
  if (dice.chance(0.5)) bookshelf(plan.against("back", 1.2, 1.2, 0.3), dice);
  const end = start + length;
  if (depth - end >= 0.6) plant(plan.standing("front", onTheLeft ? 0 : width - 0.6, end, 0.6, 0.6));
  if (dice.chance(0.5)) floorLamp(plan.standing("front", onTheLeft ? width - 0.45 : 0, 0, 0.45, 0.45));
  if (onTheLeft && dice.chance(0.6)) picture(plan, "left", [middle - 0.45, middle + 0.45], [1.26, 1.8]);
}

function aroundTheCorner(plan: Plan): void {
  const { dice, depth } = plan;
  const length = dice.pick(2.1, 2.4);
  cornerSofa(plan.against("left", 0, length, 1.65), SOFA_DEPTH_METRES);
  coffeeTable(plan, 1.35, 1.2);
  tvStand(plan.against("right", 0.75, 1.5, 0.45), dice.chance(0.8));
  if (dice.chance(0.5)) bookshelf(plan.against("back", 1.8, 1.2, 0.3), dice);
  if (depth - length >= 0.6 && dice.chance(0.8)) plant(plan.standing("front", 0, length, 0.6, 0.6));
  if (dice.chance(0.6)) picture(plan, "left", [0.75, 1.65], [1.26, 1.8]);
}

function coffeeTable(plan: Plan, u: number, v: number): void {
  const place = plan.standing("right", u, v, 1.2, 0.6);
  table(place, 0.36);
  if (plan.dice.chance(0.4)) place.put(LABEL.objs, [0.45, 0.75], [0.15, 0.45], [0.36, 0.54]);
}

/** A low cupboard with a TV on it, or with a radio. */
function tvStand(place: Spot, withTv: boolean): void {
  cupboard(place, 0.54);
  if (!withTv) thingOn(place, [0.3, 0.75], 0.54, 0.27);
  else place.put(LABEL.tvs, [0.3, 1.2], [0.225, 0.225 + SHEET_METRES], [0.54, 1.08]);
}
