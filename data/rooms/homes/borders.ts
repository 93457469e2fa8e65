/** Where the rooms of a home end: pieces of wall between two of them, or between one and the outside. */
import type { Label } from "../label.ts";
import type { Box, Range } from "../raster.ts";
import type { HomeRoom } from "./floor_plan.ts";

/** Edges of a voxel in metres along x and z: how thick walls are. */
export interface WallMetres {
  readonly x: number;
  readonly z: number;
}

/** A straight piece of wall. */
export interface Border {
  /** The axis that it stands across. */
  readonly across: "x" | "z";
  /** Where it ends on that axis: it fills the one voxel before. */
  readonly at: number;
  /** From where to where it goes on the other axis, without corners. */
  readonly along: Range;
  /** The rooms on its two sides, or the one of them that there is. */
  readonly rooms: readonly HomeRoom[];
}

/** The other horizontal axis. */
const OTHER = { x: "z", z: "x" } as const;

/** What stands along walls begins at multiples of this: whole voxels of every grid. */
const STEP_METRES = 0.3;

/** Shortest piece of wall that is worth a border, in metres. */
const SHORTEST_METRES = 0.3;

/** Inner floor area of a room, without its walls. */
export function interior(room: HomeRoom, wall: WallMetres): { readonly x: Range; readonly z: Range } {
  return { x: [room.x[0], room.x[1] - wall.x], z: [room.z[0], room.z[1] - wall.z] };
}

/** All borders of a floor plan, those between rooms first. */
export function bordersOf(rooms: readonly HomeRoom[], wall: WallMetres): Border[] {
  const inner: Border[] = [], outer: Border[] = [];
  for (const across of ["x", "z"] as const) {
    const along = OTHER[across];
    for (const room of rooms) {
      for (const end of [0, 1] as const) {
        const at = room[across][end];
        let free: Range[] = [interior(room, wall)[along]];
        for (const other of rooms) {
          if (Math.abs(other[across][1 - end] - at) > 1e-6) continue;
          const shared = common(interior(room, wall)[along], interior(other, wall)[along]);
          if (end === 1 && isLong(shared)) inner.push({ across, at, along: shared, rooms: [room, other] });
          free = free.flatMap((piece) => without(piece, [other[along][0] - wall[along], other[along][1]]));
        }
        for (const piece of free) outer.push({ across, at, along: piece, rooms: [room] });
      }
    }
  }
  return [...inner, ...outer];
}

/** A box in the wall itself, or up to `reach` metres before and behind it. */
export function borderBox(
  { across, at }: Pick<Border, "across" | "at">,
  along: Range,
  y: Range,
  label: Label,
  wall: WallMetres,
  reach = 0,
): Box {
  const thick: Range = [at - wall[across] - reach, at + reach];
  return across === "x" ? { label, x: thick, y, z: along } : { label, x: along, y, z: thick };
}

/** Where something of a width can begin along a wall, at least a step from both ends if there is a choice. */
export function borderStarts([from, to]: Range, width: number): number[] {
  const steps = Math.floor((to - from - width) / STEP_METRES + 1e-6);
  const all = Array.from({ length: Math.max(0, steps + 1) }, (_, i) => from + i * STEP_METRES);
  return all.length > 2 ? all.slice(1) : all;
}

function common(a: Range, b: Range): Range {
  return [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
}

function without(piece: Range, taken: Range): Range[] {
  const before: Range = [piece[0], Math.min(piece[1], taken[0])],
    after: Range = [Math.max(piece[0], taken[1]), piece[1]];
  return [before, after].filter(isLong);
}

function isLong([from, to]: Range): boolean {
  return to - from > SHORTEST_METRES;
}
