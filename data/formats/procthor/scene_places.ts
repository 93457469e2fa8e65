/** Which parts of a house become scenes. */
import { FormatError } from "../../../base/byte_reader.ts";
import { distinctNames, fileName } from "../../../base/file_name.ts";
import type { Grid } from "../../grid.ts";
import type { House, HouseRoom } from "./house.ts";
import type { View } from "./solids.ts";

/** What becomes a scene: each room by itself, tiles of the house side by side, or the house. */
export const HOUSE_PARTS = ["room", "tile", "house"] as const;

/** What becomes a scene. */
export type HousePart = (typeof HOUSE_PARTS)[number];

/** Most tiles of a house: more are a wrong size of voxels rather than a house. */
const MOST_TILES = 10_000;

/** A scene of a house. */
export interface ScenePlace {
  /** Unique in its house, fit to be a name of a file; empty for the house as a whole. */
  readonly name: string;
  /** What its grid shows. */
  readonly view: View;
  /** The room that it shows; null for all there is. */
  readonly room: HouseRoom | null;
}

/**
 * The scenes of a house. What fits into the grid comes to lie in its middle; what does not begins in its corner with the
 * walls of the least x and z, and is cut off at the other ends.
 *
 * @throws {FormatError} if there were more tiles than can be meant.
 */
export function scenePlaces(house: House, part: HousePart, grid: Grid, voxelMetres: number): ScenePlace[] {
  const placed = (box: Box): View => ({
    x: begin(box.x, grid[0] * voxelMetres, voxelMetres),
    z: begin(box.z, grid[2] * voxelMetres, voxelMetres),
    voxelMetres,
    grid,
  });
  const all = boxOf(house.rooms);
  if (part === "house") return [{ name: "", view: placed(all), room: null }];
  if (part === "room") {
    const names = distinctNames(house.rooms.map(({ id, roomType }) => fileName(`${id}-${roomType}`)));
    return house.rooms.map((room, i) => ({ name: names[i], view: placed(boxOf([room])), room }));
  }
  const first = placed(all), wide = grid[0] * voxelMetres, deep = grid[2] * voxelMetres;
  const columns = Math.ceil((all.x[1] - first.x) / wide), rows = Math.ceil((all.z[1] - first.z) / deep);
  if (columns * rows > MOST_TILES) {
    throw new FormatError(`a house of ${columns} x ${rows} tiles, at most ${MOST_TILES}; are the voxels that small?`);
  }
  const boxes = house.rooms.map((room) => boxOf([room]));
  const tiles: ScenePlace[] = [];
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const x = first.x + column * wide, z = first.z + row * deep;
      const isOver = (box: Box) => box.x[0] < x + wide && box.x[1] > x && box.z[0] < z + deep && box.z[1] > z;
      if (!boxes.some(isOver)) continue;
      tiles.push({ name: `tile-${column}-${row}`, view: { x, z, voxelMetres, grid }, room: null });
    }
  }
  return tiles;
}

interface Box {
  readonly x: readonly [number, number];
  readonly z: readonly [number, number];
}

/** The box around the floors, z turned round. */
function boxOf(rooms: readonly HouseRoom[]): Box {
  const corners = rooms.flatMap(({ floorPolygon }) => floorPolygon);
  const range = (values: number[]) =>
    [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))] as const;
  return { x: range(corners.map(({ x }) => x)), z: range(corners.map(({ z }) => -z)) };
}

/** Where the grid begins along an axis: the walls of the least end stand in the middle of voxels. */
function begin([from, to]: readonly [number, number], length: number, voxel: number): number {
  const spare = Math.floor((length - voxel - (to - from)) / voxel / 2);
  return from - (Math.max(0, spare) + 0.5) * voxel;
}
