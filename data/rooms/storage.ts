/** Wardrobes, shelves, sideboards, counters: furniture that holds things. */
import type { Dice } from "./dice.ts";
import { LABEL } from "./label.ts";
import type { Spot } from "./spot.ts";

const BOARD_METRES = 0.06;

/** A closed cupboard of some height: wardrobe, dresser, sideboard, nightstand. */
export function cupboard(spot: Spot, height: number): void {
  spot.fill(LABEL.furn, [0, height]);
}

/** How a shelf is divided and how much of it is in use. */
export interface ShelfOptions {
  /** Number of compartments on top of each other. */
  readonly rows: number;
  /** Height of each, its board included. */
  readonly rowMetres: number;
  /** Height of the things in it. */
  readonly fillMetres: number;
  /** Probability that a compartment is filled. */
  readonly filled: number;
}

/** An open shelf: two side panels, boards, and things on the boards. */
export function shelf(spot: Spot, dice: Dice, { rows, rowMetres, fillMetres, filled }: ShelfOptions): void {
  const { width, depth } = spot, inside: readonly [number, number] = [BOARD_METRES, width - BOARD_METRES];
  const all: readonly [number, number] = [0, depth];
  for (let row = 0; row < rows; row++) {
    const board = row * rowMetres + BOARD_METRES;
    if (dice.chance(filled)) spot.put(LABEL.objs, inside, all, [board, board + fillMetres]);
  }
  for (let row = 0; row <= rows; row++) {
    spot.put(LABEL.furn, inside, all, [row * rowMetres, row * rowMetres + BOARD_METRES]);
  }
  for (const a of [0, width - BOARD_METRES]) {
    spot.put(LABEL.furn, [a, a + BOARD_METRES], all, [0, rows * rowMetres + BOARD_METRES]);
  }
}

/** A bookshelf of five rows, most of them full of books. */
export function bookshelf(spot: Spot, dice: Dice): void {
  shelf(spot, dice, { rows: 5, rowMetres: 0.36, fillMetres: 0.24, filled: 0.8 });
}
