/** Tables and chairs. */
import { LABEL } from "./label.ts";
import type { Plan } from "./plan.ts";
import type { Facing, Spot } from "./spot.ts";

const TABLE_METRES = 0.72;
const LEG_METRES = 0.06;
const CHAIR_METRES = 0.45;
/** How far the seat of a chair reaches under its table. */
const TUCK_METRES = 0.15;

/** A top on four legs. */
export function table(spot: Spot, height = TABLE_METRES, thickness = 0.12): void {
  const { width, depth } = spot, top = height - thickness;
  spot.fill(LABEL.table, [top, height]);
  for (const a of [0, width - LEG_METRES]) {
    for (const b of [0, depth - LEG_METRES]) {
      spot.put(LABEL.table, [a, a + LEG_METRES], [b, b + LEG_METRES], [0, top]);
    }
  }
}

/** A desk: a top on two side panels. Its front is where the chair goes. */
export function desk(spot: Spot): void {
  const { width, depth } = spot, top = TABLE_METRES - LEG_METRES;
  spot.fill(LABEL.table, [top, TABLE_METRES]);
  for (const a of [0, width - LEG_METRES]) spot.put(LABEL.table, [a, a + LEG_METRES], [0, depth], [0, top]);
}

/** A chair: four legs, a seat, a back. */
export function chair(spot: Spot): void {
  const { width, depth } = spot, seat = 0.36;
  for (const a of [0, width - LEG_METRES]) {
    for (const b of [0, depth - LEG_METRES]) {
      spot.put(LABEL.chair, [a, a + LEG_METRES], [b, b + LEG_METRES], [0, seat]);
    }
  }
  spot.fill(LABEL.chair, [seat, seat + 0.12]);
  spot.put(LABEL.chair, [0, width], [0, LEG_METRES], [seat + 0.12, 0.9]);
}

/**
 * A chair at one side of a table or desk, its seat partly under the top, turned towards it.
 *
 * @param side the side of the table, in the axes of the room.
 * @param middle where along this side, in metres from its end nearest to the origin.
 */
export function chairAt(plan: Plan, at: Spot, side: Facing, middle: number): void {
  const turned = at.facing === "left" || at.facing === "right";
  const width = turned ? at.depth : at.width, depth = turned ? at.width : at.depth;
  const start = middle - CHAIR_METRES / 2, before = TUCK_METRES - CHAIR_METRES;
  const [u, v, facing]: [number, number, Facing] = side === "front"
    ? [at.u + start, at.v + depth - TUCK_METRES, "back"]
    : side === "back"
    ? [at.u + start, at.v + before, "front"]
    : side === "right"
    ? [at.u + width - TUCK_METRES, at.v + start, "left"]
    : [at.u + before, at.v + start, "right"];
  chair(plan.standing(facing, u, v, CHAIR_METRES, CHAIR_METRES));
}

/** Chairs around a free-standing table: pairs on its long sides, or one on each side; and at the ends if wanted. */
export function chairsAround(plan: Plan, at: Spot, ends: boolean): void {
  const places = at.width >= 1.2 ? [0.375, at.width - 0.375] : [at.width / 2];
  for (const side of ["back", "front"] as const) {
    for (const middle of places) chairAt(plan, at, side, middle);
  }
  if (ends) {
    for (const side of ["left", "right"] as const) chairAt(plan, at, side, at.depth / 2);
  }
}
