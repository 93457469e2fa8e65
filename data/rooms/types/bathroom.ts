/** Bathrooms. */
import { picture } from "../decor.ts";
import { LABEL } from "../label.ts";
import type { Plan } from "../plan.ts";
import { bathtub, toilet, washstand } from "../sanitary.ts";
import { cupboard } from "../storage.ts";

/** A bathtub on the left, a toilet and a basin under a mirror at the back, a cabinet or washing machine. */
export function furnishBathroom(plan: Plan): void {
  const { dice, width, depth } = plan;
  const length = dice.pick(1.5, 1.65, 1.8);
  bathtub(plan.against("left", 0, length, 0.75));
  toilet(plan.against("back", 0.9, 0.45, 0.75));
  const start = dice.pick(1.5, width - 0.9);
  washstand(plan.against("back", start, 0.9, 0.45));
  picture(plan, "back", [start + 0.15, start + 0.75], [1.08, 1.8]);
  const rest = depth - length - 0.15;
  if (rest >= 0.45 && dice.chance(0.4)) cupboard(plan.against("left", length + 0.15, 0.45, 0.45), 1.8);
  else if (rest >= 0.45) plan.against("left", length + 0.15, 0.45, 0.45).fill(LABEL.objs, [0, 0.72]);
  if (dice.chance(0.7)) cupboard(plan.against("right", dice.pick(0.75, 0.9), 0.6, 0.6), dice.pick(0.72, 0.9));
}
