/** Offices. */
import { picture, plant } from "../decor.ts";
import { LABEL } from "../label.ts";
import type { Plan } from "../plan.ts";
import { SHEET_METRES } from "../raster.ts";
import { snap } from "../spot.ts";
import { bookshelf, cupboard } from "../storage.ts";
import { chairAt, desk } from "../tables.ts";

/** A desk with a screen and a chair, a bookshelf on the left, a cabinet on the right. */
export function furnishOffice(plan: Plan): void {
  const { dice, width, depth } = plan;
  const start = snap((width - 1.5) / 2), shelfStart = dice.pick(0.3, 0.6, 0.9);
  const work = plan.against("back", start, 1.5, 0.75);
  desk(work);
  work.put(LABEL.tvs, [0.45, 1.05], [0.225, 0.225 + SHEET_METRES], [0.72, 1.08]);
  chairAt(plan, work, "front", 0.75);
  bookshelf(plan.against("left", shelfStart, 1.2, 0.3), dice);
  cupboard(plan.against("right", 0, 1.2, 0.45), dice.pick(0.72, 0.9, 1.8));
  if (dice.chance(0.6)) plant(plan.standing("front", 0, depth - 0.6, 0.6, 0.6));
  if (dice.chance(0.4)) picture(plan, "back", [start + 0.45, start + 1.05], [1.26, 1.8]);
}
