import type { Grid } from "../../data/grid.ts";
import type { VolumeSet } from "../../run/evaluation_files.ts";
import { contactSheet, type SheetOptions } from "./contact_sheet.ts";
import type { Image } from "./image.ts";

/** Most rooms of a sheet: rows of versions, or tiles of four by four. */
const MOST_ROWS = 6, MOST_TILES = 16;

/** How many rooms of `count` a sheet of the set shows, `most` at most. */
export function roomsOfSheet(
  { tiled }: VolumeSet,
  count: number,
  most: number = tiled ? MOST_TILES : MOST_ROWS,
): number {
  return Math.min(count, most);
}

/**
 * The contact sheet of a set: a room's versions side by side, rooms below each other or, where the set is tiled, about
 * as many side by side.
 *
 * @param volumes labels `[D, H, W]` of each room by the names of the set's versions; those of null are left out.
 * @throws {UserError} if there is nothing to draw, the versions differ in length, or a volume is not valid.
 */
export function evaluationSheet<Set extends VolumeSet>(
  set: Set,
  volumes: { readonly [Name in keyof Set["versions"]]?: readonly Uint8Array[] | null },
  grid: Grid,
  options: SheetOptions & { readonly most?: number } = {},
): Image {
  const columns = Object.entries(set.versions).flatMap(([name, title]) => {
    const rooms = volumes[name];
    return rooms ? [{ title, volumes: rooms }] : [];
  });
  const shown = roomsOfSheet(set, columns[0]?.volumes.length ?? 0, options.most);
  return contactSheet(
    columns.map(({ title, volumes }) => ({ title, volumes: volumes.slice(0, shown) })),
    grid,
    { ...options, across: set.tiled ? Math.ceil(Math.sqrt(shown)) : 1 },
  );
}
