/** Sofas and armchairs. */
import { LABEL } from "./label.ts";
import type { Spot } from "./spot.ts";

const SEAT_METRES = 0.36;
const ARM_METRES = 0.54;
const BACK_METRES = 0.81;
const BACK_DEPTH_METRES = 0.24;
const ARM_WIDTH_METRES = 0.15;

/** A sofa, or an armchair if the place is narrow: seat, back, an arm on each side. */
export function sofa(spot: Spot): void {
  const { width, depth } = spot;
  spot.put(LABEL.sofa, [0, width], [0, BACK_DEPTH_METRES], [0, BACK_METRES]);
  spot.put(LABEL.sofa, [ARM_WIDTH_METRES, width - ARM_WIDTH_METRES], [BACK_DEPTH_METRES, depth], [0, SEAT_METRES]);
  for (const start of [0, width - ARM_WIDTH_METRES]) {
    spot.put(LABEL.sofa, [start, start + ARM_WIDTH_METRES], [BACK_DEPTH_METRES, depth], [0, ARM_METRES]);
  }
}

/**
 * A sofa around the corner to the left of the place: a row of seats along its back, as deep as `seatDepth`, and another
 * along its left side, as long as the place is deep.
 */
export function cornerSofa(spot: Spot, seatDepth: number): void {
  const { width, depth } = spot, back = BACK_DEPTH_METRES, arm = width - ARM_WIDTH_METRES;
  spot.put(LABEL.sofa, [0, width], [0, back], [0, BACK_METRES]);
  spot.put(LABEL.sofa, [0, back], [back, depth], [0, BACK_METRES]);
  spot.put(LABEL.sofa, [back, arm], [back, seatDepth], [0, SEAT_METRES]);
  spot.put(LABEL.sofa, [back, seatDepth], [seatDepth, depth], [0, SEAT_METRES]);
  spot.put(LABEL.sofa, [arm, width], [back, seatDepth], [0, ARM_METRES]);
}
