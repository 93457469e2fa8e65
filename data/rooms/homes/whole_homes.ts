/** Whole procedural homes as scenes of one size, to look at. */
import { formatGrid, type Grid, voxelCount } from "../../grid.ts";
import type { SceneSource } from "../../scenes/scene_source.ts";
import { proceduralSource, type RoomOptions } from "../procedural_source.ts";
import { makeWholeHome, type WholeHome, wholeHomeGrid } from "./home_scenes.ts";

/**
 * The homes that procedural crops of a seed are taken from, 0 to `count` − 1, each in the middle of a grid that holds the
 * largest of them.
 *
 * @param options `grid` is the size of crops: voxels are as large as theirs.
 * @throws {UserError} as `proceduralSource`.
 */
export function wholeHomes(options: RoomOptions): SceneSource {
  const { seed, count } = options, crops = proceduralSource("homes", options);
  const grid: [number, number, number] = [...options.grid];
  for (let index = 0; index < count; index++) {
    wholeHomeGrid(options.grid, seed, index).forEach((size, axis) => grid[axis] = Math.max(grid[axis], size));
  }
  return {
    description: `${count} whole procedural homes, seed ${seed}`,
    grid,
    sceneIds: Array.from({ length: count }, (_, index) => `home-${String(index).padStart(6, "0")}`),
    read: (index) =>
      index >= 0 && index < count
        ? Promise.resolve(centred(makeWholeHome(options.grid, seed, index), grid))
        : Promise.reject(new RangeError(`there is no home ${index}, only ${count}`)),
    provenance: async () => {
      const { options: made, ...rest } = await crops.provenance();
      return { ...rest, kind: "whole homes", options: { ...made, whole: formatGrid(grid) } };
    },
    [Symbol.dispose]() {},
  };
}

/** A home in the middle of a grid as high as its own. */
function centred({ grid: [depth, height, width], labels }: WholeHome, grid: Grid): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(voxelCount(grid));
  const x0 = Math.floor((grid[0] - depth) / 2), z0 = Math.floor((grid[2] - width) / 2);
  for (let x = 0; x < depth; x++) {
    for (let y = 0; y < height; y++) {
      const row = (x * height + y) * width;
      whole.set(labels.subarray(row, row + width), ((x0 + x) * height + y) * grid[2] + z0);
    }
  }
  return whole;
}
