/** Garages. */
import { picture, thingOn } from "../decor.ts";
import { LABEL } from "../label.ts";
import type { Plan } from "../plan.ts";
import { snap, type Spot } from "../spot.ts";
import { shelf } from "../storage.ts";

/** Shelves of boxes at the back, a workbench under its tool board on the left, boxes stacked on the right. */
export function furnishGarage(plan: Plan): void {
  const { dice, width, depth } = plan;
  const long = dice.pick(1.2, 1.8), start = dice.pick(0.75, width - 0.75 - long);
  shelf(plan.against("back", start, long, 0.45), dice, { rows: 3, rowMetres: 0.54, fillMetres: 0.36, filled: 0.8 });
  const benchStart = depth - 1.8 - dice.pick(0.15, 0.45);
  const bench = plan.against("left", benchStart, 1.8, 0.6);
  workbench(bench);
  if (dice.chance(0.7)) thingOn(bench, [0.3, 0.75], 0.9, 0.27);
  if (dice.chance(0.7)) picture(plan, "left", [benchStart + 0.3, benchStart + 1.5], [1.26, 1.98]);
  const count = dice.pick(1, 2);
  for (let i = 0; i < count; i++) {
    const boxes = plan.against("right", 0.6 + i * 0.75, 0.6, 0.75);
    boxes.fill(LABEL.objs, [0, 0.54]);
    if (dice.chance(0.7)) boxes.put(LABEL.objs, [0, 0.6], [0, 0.45], [0.54, 1.08]);
  }
  if (dice.chance(0.7)) crate(plan);
}

/** A large crate on the floor before the shelves. */
function crate(plan: Plan): void {
  const u = snap((plan.width - 1.2) / 2);
  plan.standing("front", u, plan.depth - 1.2, 1.2, 0.75).fill(LABEL.objs, [0, plan.dice.pick(0.36, 0.54)]);
}

/** A thick top on panels, drawers under one half. */
function workbench(spot: Spot): void {
  const { width, depth } = spot;
  spot.fill(LABEL.furn, [0.78, 0.9]);
  spot.put(LABEL.furn, [0, 0.6], [0, depth], [0, 0.78]);
  spot.put(LABEL.furn, [width - 0.12, width], [0, depth], [0, 0.78]);
}
