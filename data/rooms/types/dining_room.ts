/** Dining rooms. */
import { pendantLamp, picture, plant, thingOn } from "../decor.ts";
import { LABEL } from "../label.ts";
import type { Plan } from "../plan.ts";
import { snap } from "../spot.ts";
import { bookshelf, cupboard } from "../storage.ts";
import { chairsAround, table } from "../tables.ts";

/** A table with chairs around it, a sideboard at the back. */
export function furnishDiningRoom(plan: Plan): void {
  const { dice, width, depth } = plan;
  const [length, ends] = dice.pick<readonly [number, boolean]>([1.5, true], [1.5, false], [0.9, true]);
  const u = snap((width - length) / 2), v = depth - 0.6 - 0.9;
  const top = plan.standing("front", u, v, length, 0.9);
  table(top);
  chairsAround(plan, top, ends);
  if (dice.chance(0.6)) top.put(LABEL.objs, [length / 2 - 0.15, length / 2 + 0.15], [0.3, 0.6], [0.72, 0.9]);
  if (dice.chance(0.3)) pendantLamp(plan, u + length / 2, v + 0.45);
  const long = dice.pick(1.2, 1.8), start = snap((width - long) / 2);
  if (dice.chance(0.8)) {
    const board = plan.against("back", start, long, 0.45);
    cupboard(board, 0.9);
    if (dice.chance(0.6)) thingOn(board, [0.15, 0.45], 0.9, 0.36);
    if (dice.chance(0.5)) picture(plan, "back", [start + long / 2 - 0.3, start + long / 2 + 0.3], [1.26, 1.8]);
  } else {
    bookshelf(plan.against("back", start, long, 0.3), dice);
  }
  if (dice.chance(0.8)) plant(plan.standing("front", 0, 0, 0.6, 0.6));
  if (start + long <= width - 0.6 && dice.chance(0.5)) plant(plan.standing("front", width - 0.6, 0, 0.6, 0.6));
}
