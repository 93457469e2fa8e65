/** Bedrooms. */
import { bed, nightstand } from "../beds.ts";
import { lamp, picture, plant, thingOn, trunk } from "../decor.ts";
import type { Plan } from "../plan.ts";
import { bookshelf, cupboard } from "../storage.ts";
import { chairAt, desk } from "../tables.ts";

/** A double bed between nightstands or a single bed in the corner, and something to keep clothes in. */
export function furnishBedroom(plan: Plan): void {
  if (plan.dice.chance(0.7)) double(plan);
  else single(plan);
}

function double(plan: Plan): void {
  const { dice, width, depth } = plan;
  // The right-hand 60 cm of the back wall are kept for the wardrobe.
  const start = (width - 0.6 - 1.5) / 2;
  bed(plan.against("back", start, 1.5, 2.1));
  for (const u of [start - 0.45, start + 1.5]) nightstand(plan.against("back", u, 0.45, 0.45), dice.chance(0.7));
  if (dice.chance(0.6)) wardrobe(plan);
  else dresser(plan);
  if (dice.chance(0.7)) trunk(plan.against("left", depth - 0.9, 0.9, 0.45));
  else if (depth > 3.3) plant(plan.standing("front", 0, depth - 0.6, 0.6, 0.6));
  if (dice.chance(0.5)) picture(plan, "back", [start + 0.3, start + 1.2], [1.26, 1.8]);
}

function wardrobe(plan: Plan): void {
  const place = plan.against("right", 0, plan.dice.pick(1.2, 1.5), 0.6);
  cupboard(place, 1.8);
  if (plan.dice.chance(0.5)) thingOn(place, [0.15, 0.9], 1.8, 0.36);
}

function dresser(plan: Plan): void {
  const place = plan.against("right", 0.3, 1.2, 0.45);
  cupboard(place, 0.9);
  if (plan.dice.chance(0.5)) lamp(place, 0.9);
  else thingOn(place, [0.15, 0.6], 0.9, 0.36);
}

function single(plan: Plan): void {
  const { dice, width } = plan;
  bed(plan.against("back", 0, 0.9, 2.1));
  nightstand(plan.against("back", 0.9, 0.45, 0.45), dice.chance(0.7));
  const work = plan.against("back", width - 1.2, 1.2, 0.6);
  desk(work);
  chairAt(plan, work, "front", 0.6);
  thingOn(work, [0.15, 0.45], 0.72, 0.36);
  if (plan.wallLength.right === plan.depth && dice.chance(0.6)) bookshelf(plan.against("right", 1.5, 1.2, 0.3), dice);
}
