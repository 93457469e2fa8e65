/** Places for furniture: a rectangle of the floor and the way the piece on it faces. */
import type { Label } from "./label.ts";
import type { Range } from "./raster.ts";

/** Where the front of a piece points: "front" is along +v, away from the back wall; "right" is along +u. */
export type Facing = "front" | "back" | "left" | "right";

/**
 * A place in a room with its own axes: a along the width of the piece, b from its back to its front, y up. Pieces of
 * furniture are drawn in these axes and so can stand against any wall.
 */
export class Spot {
  constructor(
    private readonly add: (label: Label, u: Range, v: Range, y: Range) => void,
    readonly facing: Facing,
    readonly u: number,
    readonly v: number,
    readonly width: number,
    readonly depth: number,
  ) {}

  /** Adds a box given in the axes of this place. */
  put(label: Label, a: Range, b: Range, y: Range): void {
    const { facing, u, v, depth } = this;
    const turned = facing === "left" || facing === "right";
    const away: Range = facing === "back" || facing === "left" ? [depth - b[1], depth - b[0]] : b;
    if (turned) this.add(label, shift(away, u), shift(a, v), y);
    else this.add(label, shift(a, u), shift(away, v), y);
  }

  /** Adds a box over the whole place. */
  fill(label: Label, y: Range): void {
    this.put(label, [0, this.width], [0, this.depth], y);
  }
}

/** The nearest multiple of 15 cm: whole voxels on a grid of 32 and nearly so on the others. */
export function snap(metres: number): number {
  return Math.round(metres / 0.15) * 0.15;
}

function shift([from, to]: Range, by: number): Range {
  return [from + by, to + by];
}
