/** Beds and what belongs to them. */
import { lamp } from "./decor.ts";
import { LABEL } from "./label.ts";
import type { Spot } from "./spot.ts";

const MATTRESS_METRES = 0.36;

/** A bed with its headboard at the back, and pillows: two from 1.2 m of width. */
export function bed(spot: Spot): void {
  const { width, depth } = spot;
  spot.put(LABEL.bed, [0, width], [0, 0.12], [0, 0.9]);
  spot.put(LABEL.bed, [0, width], [0.12, depth], [0, MATTRESS_METRES]);
  const count = width >= 1.2 ? 2 : 1;
  for (let i = 0; i < count; i++) {
    const middle = width * (i + 0.5) / count;
    spot.put(LABEL.objs, [middle - 0.3, middle + 0.3], [0.15, 0.45], [MATTRESS_METRES, MATTRESS_METRES + 0.15]);
  }
}

/** A nightstand, with or without a lamp. */
export function nightstand(spot: Spot, withLamp: boolean): void {
  spot.fill(LABEL.furn, [0, 0.54]);
  if (withLamp) lamp(spot, 0.54);
}
