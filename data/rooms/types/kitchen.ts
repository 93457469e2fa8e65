/** Kitchens. */
import { thingOn } from "../decor.ts";
import { LABEL } from "../label.ts";
import type { Plan } from "../plan.ts";
import { cupboard } from "../storage.ts";
import { chairAt, table } from "../tables.ts";

const COUNTER_METRES = 0.9;

/** A counter around the corner with cooker and sink, cupboards above it, a fridge, perhaps a small table. */
export function furnishKitchen(plan: Plan): void {
  const { dice, width, depth } = plan;
  const fridge = dice.chance(0.7), long = width - (fridge ? 0.6 : 0);
  const back = plan.against("back", 0, long, 0.6);
  cupboard(back, COUNTER_METRES);
  if (fridge) cupboard(plan.against("back", long, 0.6, 0.6), 1.8);
  const sideLength = dice.pick(0.9, 1.2, 1.5), side = plan.against("left", 0.6, sideLength, 0.6);
  cupboard(side, COUNTER_METRES);
  const cooker = dice.pick(0.9, 1.2, 1.5);
  back.put(LABEL.objs, [cooker, cooker + 0.6], [0.15, 0.6], [COUNTER_METRES, COUNTER_METRES + 0.06]);
  thingOn(side, [0.15, 0.6], COUNTER_METRES, 0.36);
  if (dice.chance(0.6)) plan.against("left", 0.6 + sideLength, 0.45, 0.45).fill(LABEL.objs, [0, 0.54]);
  if (dice.chance(0.6)) plan.against("back", 0, dice.pick(1.5, 1.8), 0.3).fill(LABEL.furn, [1.44, 2.16]);
  if (dice.chance(0.6)) {
    const small = plan.standing("front", width - dice.pick(1.2, 1.5), depth - 1.35, 0.9, 0.75);
    table(small, 0.72, 0.06);
    for (const end of ["back", "front"] as const) chairAt(plan, small, end, 0.45);
  }
}
