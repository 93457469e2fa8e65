/** Crops of scenes that were made in overlapping windows, and whether the windows' borders show. */
import { UniformSequence } from "../../../base/random.ts";
import { type Grid, GRID_MULTIPLE } from "../../../data/grid.ts";
import { windowOf, windowStarts } from "../../../nn/canvas.ts";
import type { Estimate } from "./bootstrap.ts";
import { classifierAccuracy, type ClassifierOptions } from "./two_sample_classifier.ts";

/** Stream of the places of crops; training, codes and rooms use others. */
const CROP_STREAM = 50;

/** Scenes of one size, and crops of them. */
export interface CropOptions {
  /** Size of the scenes. */
  readonly size: Grid;
  /** Size of crops: that of a window. */
  readonly crop: Grid;
  /** Crops of each scene. */
  readonly perScene: number;
  /** uint32. */
  readonly seed: number;
}

/** Crops `[D, H, W]` at random places, to the voxel. */
export function randomCrops(scenes: readonly Uint8Array[], { size, crop, perScene, seed }: CropOptions): Uint8Array[] {
  const random = new UniformSequence({ seed, stream: CROP_STREAM, iteration: 0 });
  const place = (axis: number) => random.below(size[axis] - crop[axis] + 1);
  return scenes.flatMap((scene) =>
    Array.from({ length: perScene }, () => windowOf(scene, size, crop, [place(0), place(1), place(2)]))
  );
}

/**
 * First voxels of crops along an axis. A crop `inside` is a window; one on `borders` begins at a cell between two windows,
 * so that it is in none as a whole, and the borders of both go through it. Where windows are one cell apart there is no
 * such cell, and each border of cells is one of windows: borders are half a cell off then, and what a classifier sees may
 * also be the decoder's, whose voxels differ by their place in a cell. Windows at the ends of the axis are left out where
 * there are others: what is special there is the end.
 */
export function seamPlaces(size: number, crop: number): { readonly inside: number[]; readonly borders: number[] } {
  const starts = windowStarts(size / GRID_MULTIPLE, crop / GRID_MULTIPLE), inner = starts.slice(1, -1);
  const between = starts.slice(1).map((start, i) => (starts[i] + start) / 2);
  const cells = starts.slice(1).flatMap((start, i) => start - starts[i] > 1 ? [Math.floor(between[i])] : []);
  const [borders = starts] = [cells, between].filter((places) => places.length > 0);
  const voxels = (places: readonly number[]) => places.map((cell) => cell * GRID_MULTIPLE);
  return { inside: voxels(inner.length > 0 ? inner : starts), borders: voxels(borders) };
}

/** Crops that are windows, and crops between windows on every axis that has several; as many of each. */
export function seamCrops(
  scenes: readonly Uint8Array[],
  { size, crop, perScene, seed }: CropOptions,
): { readonly inside: Uint8Array[]; readonly borders: Uint8Array[] } {
  const random = new UniformSequence({ seed, stream: CROP_STREAM, iteration: 1 });
  const places = size.map((voxels, axis) => seamPlaces(voxels, crop[axis]));
  const crops = (kind: "inside" | "borders") =>
    scenes.flatMap((scene) =>
      Array.from({ length: perScene }, () => {
        const [x, y, z] = places.map((axis) => axis[kind][random.below(axis[kind].length)]);
        return windowOf(scene, size, crop, [x, y, z]);
      })
    );
  return { inside: crops("inside"), borders: crops("borders") };
}

/** A size with room to move in it by a cell on each axis that has several windows. */
export function roomyGrid({ size, crop }: Pick<CropOptions, "size" | "crop">): Grid {
  const along = (axis: number) => size[axis] + (size[axis] > crop[axis] ? GRID_MULTIPLE : 0);
  return [along(0), along(1), along(2)];
}

/**
 * Scenes of the size, cut at any voxel out of those of {@link roomyGrid}: wherever their windows' borders were, in all
 * that is cut they are at any distance from a place.
 */
export function movedScenes(
  roomy: readonly Uint8Array[],
  { size, crop, seed }: Omit<CropOptions, "perScene">,
): Uint8Array[] {
  const random = new UniformSequence({ seed, stream: CROP_STREAM, iteration: 2 });
  const grid = roomyGrid({ size, crop });
  const place = (axis: number) => grid[axis] > size[axis] ? random.below(GRID_MULTIPLE) : 0;
  return roomy.map((scene) => windowOf(scene, grid, size, [place(0), place(1), place(2)]));
}

/** How often a classifier tells crops on windows' borders from windows: ½ if the borders do not show. */
export function seamAccuracy(
  scenes: readonly Uint8Array[],
  options: CropOptions,
  classifier: Omit<ClassifierOptions, "grid">,
): Estimate {
  const { inside, borders } = seamCrops(scenes, options);
  return classifierAccuracy(borders, inside, { ...classifier, grid: options.crop });
}
