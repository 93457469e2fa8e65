/** Labels of the twelve classes by name. */
import type { CLASS_NAMES } from "../classes.ts";

/** Label of each class; the positions in `CLASS_NAMES`. */
export const LABEL = {
  empty: 0,
  ceiling: 1,
  floor: 2,
  wall: 3,
  window: 4,
  chair: 5,
  bed: 6,
  sofa: 7,
  table: 8,
  tvs: 9,
  furn: 10,
  objs: 11,
} as const satisfies Record<(typeof CLASS_NAMES)[number], number>;

/** A label that boxes are filled with, 0..11. */
export type Label = (typeof LABEL)[keyof typeof LABEL];
