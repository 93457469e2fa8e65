/**
 * The plan of one room, in metres.
 *
 * Rooms are laid out in their own axes: u runs along the back wall, v from the back wall to the open side, y up. The
 * corner of the left and back wall is the origin, on top of the floor. Every room has this corner at the corner of the
 * grid; half of the rooms exchange u and v on the way to x and z.
 */
import type { Dice } from "./dice.ts";
import { LABEL, type Label } from "./label.ts";
import { type Box, type Range, SHEET_METRES } from "./raster.ts";
import { type Facing, Spot } from "./spot.ts";

/** A wall that furniture can stand against. */
export type Wall = "back" | "left" | "right";

const FACING_AWAY: Record<Wall, Facing> = { back: "front", left: "right", right: "left" };

/** Floor area of a room: its width along u and its depth along v. */
export type Size = readonly [width: number, depth: number];

/** What a room has around its floor area. */
export interface Shell {
  /** From floor to ceiling, in metres. */
  readonly height: number;
  /** Whether there is one. */
  readonly hasCeiling: boolean;
  /** Whether u and v change places on the way to x and z. */
  readonly exchanged: boolean;
  /** Whether only a corner of the sides towards the camera is open, instead of the whole front. */
  readonly openCorner: boolean;
}

/** Draws what all rooms have in common. */
function drawnShell(dice: Dice): Shell {
  const height = dice.chance(0.7) ? 2.52 : 2.34, hasCeiling = dice.chance(0.86), exchanged = dice.chance(0.5);
  // Like in a view into a corner, the sides towards the camera are open: the whole front, or a corner of it.
  return { height, hasCeiling, exchanged, openCorner: dice.chance(0.3) };
}

/** The shell of a room and what stands in it. */
export class Plan {
  /** Floor, ceiling, walls. */
  readonly shell: Box[] = [];
  /** Windows and doors: they replace pieces of the walls. */
  readonly openings: Box[] = [];
  /** Everything in the room. No two of these boxes overlap. */
  readonly furniture: Box[] = [];
  readonly width: number;
  readonly depth: number;
  readonly height: number;
  /** How far each wall reaches from its end at the back (left and right) or at the left (back). */
  readonly wallLength: Readonly<Record<Wall, number>>;
  readonly hasCeiling: boolean;
  readonly #exchanged: boolean;

  /** Builds the shell, which is drawn unless it is given. */
  constructor(
    readonly dice: Dice,
    [width, depth]: Size,
    { height, hasCeiling, exchanged, openCorner }: Shell = drawnShell(dice),
  ) {
    this.width = width;
    this.depth = depth;
    this.height = height;
    this.hasCeiling = hasCeiling;
    this.#exchanged = exchanged;
    this.wallLength = { back: width, left: depth, right: openCorner ? depth / 2 : depth };
    this.#buildShell(openCorner ? width / 2 : 0);
  }

  #buildShell(frontLength: number): void {
    const { width, depth, height, wallLength } = this, sheet = SHEET_METRES;
    // Each direction in three parts, so that floor and ceiling reach below and above the walls on every grid.
    const us: readonly Range[] = [[-sheet, 0], [0, width], [width, width + sheet]];
    const vs: readonly Range[] = [[-sheet, 0], [0, depth], [depth, depth + sheet]];
    const wall = (u: Range, v: Range) => this.shell.push(this.box(LABEL.wall, u, v, [0, height]));
    for (const u of us) {
      for (const v of vs) {
        this.shell.push(this.box(LABEL.floor, u, v, [-sheet, 0]));
        if (this.hasCeiling) this.shell.push(this.box(LABEL.ceiling, u, v, [height, height + sheet]));
      }
    }
    for (const u of us) wall(u, vs[0]);
    for (const v of vs.slice(1)) wall(us[0], v);
    wall(us[2], [0, wallLength.right]);
    if (wallLength.right === depth) wall(us[2], vs[2]);
    if (frontLength > 0) wall([0, frontLength], vs[2]);
  }

  /** A box given in the axes of the room. */
  box(label: Label, u: Range, v: Range, y: Range): Box {
    return this.#exchanged ? { label, x: v, y, z: u } : { label, x: u, y, z: v };
  }

  /** A place for something that stands with its back against a wall, `start` metres along the wall. */
  against(wall: Wall, start: number, width: number, depth: number): Spot {
    const u = wall === "back" ? start : wall === "left" ? 0 : this.width - depth;
    return this.standing(FACING_AWAY[wall], u, wall === "back" ? 0 : start, width, depth);
  }

  /** A place for something that stands free; (u, v) is its corner nearest to the origin. */
  standing(facing: Facing, u: number, v: number, width: number, depth: number): Spot {
    const [alongU, alongV] = facing === "left" || facing === "right" ? [depth, width] : [width, depth];
    const footprint = this.box(LABEL.empty, [u, u + alongU], [v, v + alongV], [0, 0]);
    const add = (label: Label, u: Range, v: Range, y: Range) => {
      this.furniture.push({ ...this.box(label, u, v, y), footprint });
    };
    return new Spot(add, facing, u, v, width, depth);
  }

  /** A piece of a wall's own sheet: `along` the wall from its end at the back or left. */
  wallBox(label: Label, wall: Wall, along: Range, y: Range): Box {
    if (wall === "back") return this.box(label, along, [-SHEET_METRES, 0], y);
    const u: Range = wall === "left" ? [-SHEET_METRES, 0] : [this.width, this.width + SHEET_METRES];
    return this.box(label, u, along, y);
  }

  /** Whether a piece of wall exists, with no window or door in it, and nothing stands up to `reach` metres before it. */
  isClear(wall: Wall, along: Range, y: Range, reach: number): boolean {
    if (along[0] < 0 || along[1] > this.wallLength[wall]) return false;
    const piece = this.wallBox(LABEL.empty, wall, along, y);
    if (this.openings.some((box) => overlap(box, piece))) return false;
    const before = wall === "back"
      ? this.box(LABEL.empty, along, [0, reach], y)
      : this.box(LABEL.empty, wall === "left" ? [0, reach] : [this.width - reach, this.width], along, y);
    return !this.furniture.some((box) => overlap(box, before));
  }

  /** Everything, in the order in which it is painted. */
  boxes(): Box[] {
    return [...this.shell, ...this.openings, ...this.furniture];
  }
}

/** Whether two boxes share more than a face. */
export function overlap(a: Box, b: Box): boolean {
  return share(a.x, b.x) && share(a.y, b.y) && share(a.z, b.z);
}

function share(a: Range, b: Range): boolean {
  return Math.min(a[1], b[1]) - Math.max(a[0], b[0]) > 1e-6;
}
