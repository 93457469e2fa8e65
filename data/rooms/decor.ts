/** Small things that make a room lived in; all of class "objs". */
import { LABEL } from "./label.ts";
import type { Plan, Wall } from "./plan.ts";
import { type Range, SHEET_METRES } from "./raster.ts";
import type { Spot } from "./spot.ts";

/** A table lamp in the middle of a piece of furniture of height `top`. */
export function lamp(spot: Spot, top: number): void {
  const a = spot.width / 2, b = spot.depth / 2;
  spot.put(LABEL.objs, [a - 0.03, a + 0.03], [b - 0.03, b + 0.03], [top, top + 0.18]);
  spot.put(LABEL.objs, [a - 0.15, a + 0.15], [b - 0.15, b + 0.15], [top + 0.18, top + 0.36]);
}

/** A floor lamp: foot, pole, shade. */
export function floorLamp(spot: Spot): void {
  const a = spot.width / 2, b = spot.depth / 2;
  spot.put(LABEL.objs, [a - 0.15, a + 0.15], [b - 0.15, b + 0.15], [0, 0.06]);
  spot.put(LABEL.objs, [a - 0.03, a + 0.03], [b - 0.03, b + 0.03], [0.06, 1.26]);
  spot.fill(LABEL.objs, [1.26, 1.62]);
}

/** A small tree in a pot: pot, stem, crown. */
export function plant(spot: Spot): void {
  const a = spot.width / 2, b = spot.depth / 2;
  spot.put(LABEL.objs, [a - 0.18, a + 0.18], [b - 0.18, b + 0.18], [0, 0.36]);
  spot.put(LABEL.objs, [a - 0.06, a + 0.06], [b - 0.06, b + 0.06], [0.36, 0.54]);
  spot.fill(LABEL.objs, [0.54, 1.26]);
}

/** A chest or laundry basket on the floor. */
export function trunk(spot: Spot): void {
  spot.fill(LABEL.objs, [0, 0.54]);
}

/** A thing on a piece of furniture of height `top`: `a` along its width, as deep as the furniture less 15 cm. */
export function thingOn(spot: Spot, a: Range, top: number, height: number): void {
  spot.put(LABEL.objs, a, [0, spot.depth - 0.15], [top, top + height]);
}

/** A picture or mirror on a wall, unless something is in the way. Returns whether it hangs there. */
export function picture(plan: Plan, wall: Wall, along: Range, y: Range): boolean {
  if (!plan.isClear(wall, along, y, 0.3)) return false;
  const hung = plan.against(wall, along[0], along[1] - along[0], SHEET_METRES);
  hung.fill(LABEL.objs, y);
  return true;
}

/** A lamp that hangs from the ceiling, if there is one, its lower edge 1.5 m above the floor. */
export function pendantLamp(plan: Plan, u: number, v: number): void {
  if (!plan.hasCeiling) return;
  const spot = plan.standing("front", u - 0.225, v - 0.225, 0.45, 0.45);
  spot.fill(LABEL.objs, [1.44, 1.62]);
  spot.put(LABEL.objs, [0.195, 0.255], [0.195, 0.255], [1.62, plan.height]);
}
