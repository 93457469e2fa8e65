/** Small volumes for the tests of this folder. */
import { CLASS_NAMES } from "../../../data/classes.ts";
import { type Grid, voxelCount } from "../../../data/grid.ts";

/** The label of a class. */
export function labelOf(name: (typeof CLASS_NAMES)[number]): number {
  return CLASS_NAMES.indexOf(name);
}

/** A volume `[D, H, W]` of empty voxels but for the given ones. */
export function volumeWith(grid: Grid, voxels: readonly (readonly [x: number, y: number, z: number, label: number])[]) {
  const labels = new Uint8Array(voxelCount(grid));
  for (const [x, y, z, label] of voxels) labels[(x * grid[1] + y) * grid[2] + z] = label;
  return labels;
}

/** A closed room on the grid: floor, ceiling, four walls with a window in the wall at x = 0, a table in the middle. */
export function closedRoom(grid: Grid): Uint8Array {
  const voxels: [number, number, number, number][] = [];
  for (let x = 0; x < grid[0]; x++) {
    for (let y = 0; y < grid[1]; y++) {
      for (let z = 0; z < grid[2]; z++) {
        const wall = x === 0 || z === 0 || x === grid[0] - 1 || z === grid[2] - 1;
        const window = x === 0 && Math.abs(z - grid[2] / 2) < 3 && Math.abs(y - grid[1] / 2) < 3;
        const table = Math.abs(x - grid[0] / 2) < 3 && Math.abs(z - grid[2] / 2) < 3 && y < grid[1] / 3;
        if (y === 0) voxels.push([x, y, z, labelOf("floor")]);
        else if (y === grid[1] - 1) voxels.push([x, y, z, labelOf("ceiling")]);
        else if (window) voxels.push([x, y, z, labelOf("window")]);
        else if (wall) voxels.push([x, y, z, labelOf("wall")]);
        else if (table) voxels.push([x, y, z, labelOf("table")]);
      }
    }
  }
  return volumeWith(grid, voxels);
}
