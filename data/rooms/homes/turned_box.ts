/** Boxes that stand askew. */
import { type Box, coveredVoxels, type Range } from "../raster.ts";

/** Turns about a vertical axis. */
export interface Turn {
  /** Where the axis is, in metres. */
  readonly x: number;
  readonly z: number;
  /** In radians, from x towards z. */
  readonly angle: number;
}

/** A box that is turned after it was made, if it is. */
export interface TurnedBox extends Box {
  readonly turn?: Turn;
}

/** The box after so many quarter turns about the origin, each from x to z. */
export function quarterTurned(box: TurnedBox, quarters: number): TurnedBox {
  if (quarters === 0) return box;
  const { x, z } = box, negated = ([from, to]: Range): Range => [-to, -from];
  const turned: TurnedBox = {
    ...box,
    x: negated(z),
    z: x,
    footprint: box.footprint && { x: negated(box.footprint.z), z: box.footprint.x },
    turn: box.turn && { ...box.turn, x: -box.turn.z, z: box.turn.x },
  };
  return quarterTurned(turned, quarters - 1);
}

/** Columns of voxels: along x and z. */
export type Column = readonly [x: number, z: number];

/**
 * The floor area of a box in voxels, row by row along x: columns from `first` up to `end` along z. A part that is not
 * two voxels wide loses its turn, but not its place, so that legs stay on coarse grids.
 *
 * @param perX voxels per metre along x. @param perZ the same along z.
 */
export function coveredRows(
  { x, z, footprint, turn }: TurnedBox,
  perX: number,
  perZ: number,
  row: (x: number, first: number, end: number) => void,
): void {
  const halfX = (x[1] - x[0]) / 2, halfZ = (z[1] - z[0]) / 2;
  if (!turn || halfX * perX < 1 || halfZ * perZ < 1) {
    const { x: alongX, z: alongZ } = turn ? moved(turn, x, z) : { x, z };
    const [x0, x1] = coveredVoxels(alongX, perX, footprint?.x), [z0, z1] = coveredVoxels(alongZ, perZ, footprint?.z);
    for (let at = x0; at < x1; at++) row(at, z0, z1);
    return;
  }
  const centre = moved(turn, x, z), middleX = centre.x[0] + halfX, middleZ = centre.z[0] + halfZ;
  const cos = Math.cos(turn.angle), sin = Math.sin(turn.angle), reach = Math.hypot(halfX, halfZ);
  for (let at = Math.floor((middleX - reach) * perX); at < (middleX + reach) * perX; at++) {
    const dx = (at + 0.5) / perX - middleX;
    let first = Infinity, end = -Infinity;
    for (let to = Math.floor((middleZ - reach) * perZ); to < (middleZ + reach) * perZ; to++) {
      const dz = (to + 0.5) / perZ - middleZ;
      if (Math.abs(dx * cos + dz * sin) > halfX || Math.abs(dz * cos - dx * sin) > halfZ) continue;
      first = Math.min(first, to);
      end = to + 1;
    }
    if (end > first) row(at, first, end);
  }
}

/** The floor area of a box about its turned middle, itself not turned. */
function moved({ x, z, angle }: Turn, alongX: Range, alongZ: Range): { readonly x: Range; readonly z: Range } {
  const dx = (alongX[0] + alongX[1]) / 2 - x, dz = (alongZ[0] + alongZ[1]) / 2 - z;
  const cos = Math.cos(angle), sin = Math.sin(angle);
  const byX = x + dx * cos - dz * sin - (alongX[0] + alongX[1]) / 2;
  const byZ = z + dx * sin + dz * cos - (alongZ[0] + alongZ[1]) / 2;
  return { x: [alongX[0] + byX, alongX[1] + byX], z: [alongZ[0] + byZ, alongZ[1] + byZ] };
}
