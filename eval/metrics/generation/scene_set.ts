/** What is counted in each scene of a set, and the codes of the scenes. */
import { concatenate } from "../../../base/bytes.ts";
import { type Grid, voxelCount } from "../../../data/grid.ts";
import { adjacencyCounts } from "./adjacency.ts";
import { sceneComponents } from "./components.ts";
import { type Points, pointsOf } from "./distances.ts";
import { classCounts, filledPercent, occupancyCounts } from "./occupancy.ts";

/** Counts of the scenes of a set, an entry per scene. */
export interface SceneCounts {
  /** Voxels of each class, `[classes]`. */
  readonly classes: readonly Float64Array[];
  /** {@link occupancyCounts}. */
  readonly occupancy: readonly Float64Array[];
  /** {@link adjacencyCounts}. */
  readonly adjacency: readonly Float64Array[];
  /** Filled voxels in per cent of all. */
  readonly filledPercent: readonly number[];
  /** Pieces of each class, `[classes]`. */
  readonly classPieces: readonly Float64Array[];
  /** Pieces of all classes. */
  readonly pieces: readonly number[];
  /** Pieces of at most 8 voxels. */
  readonly specks: readonly number[];
  /** Floating voxels of each class, `[classes]`. */
  readonly classFloating: readonly Float64Array[];
  /** Floating voxels in per cent of the filled ones. */
  readonly floatingPercent: readonly number[];
}

/** Turns `n` scenes `[n, D, H, W]` into as many codes of equal length. */
export type Encode = (labels: Uint8Array, n: number) => Float32Array;

/** Counts of scenes `[D, H, W]` each. @param onScene called after each. */
export function countScenes(
  scenes: readonly Uint8Array[],
  grid: Grid,
  classes: number,
  onScene: () => void = () => {},
): SceneCounts {
  const counts = scenes.map((labels) => {
    const ofClasses = classCounts(labels, classes);
    const { perClass, specks, floating } = sceneComponents(labels, grid, classes);
    const filled = voxelCount(grid) - ofClasses[0];
    onScene();
    return {
      classes: ofClasses,
      occupancy: occupancyCounts(labels, grid),
      adjacency: adjacencyCounts(labels, grid, classes),
      filledPercent: filledPercent(ofClasses, grid),
      classPieces: perClass,
      pieces: sum(perClass),
      specks,
      classFloating: floating,
      floatingPercent: filled === 0 ? 0 : 100 * sum(floating) / filled,
    };
  });
  const all = <Key extends keyof typeof counts[number]>(key: Key) => counts.map((scene) => scene[key]);
  return {
    classes: all("classes"),
    occupancy: all("occupancy"),
    adjacency: all("adjacency"),
    filledPercent: all("filledPercent"),
    classPieces: all("classPieces"),
    pieces: all("pieces"),
    specks: all("specks"),
    classFloating: all("classFloating"),
    floatingPercent: all("floatingPercent"),
  };
}

/** Codes of scenes, encoded `batch` at a time. @param onScenes told how many more are encoded. */
export function encodeScenes(
  scenes: readonly Uint8Array[],
  encode: Encode,
  batch: number,
  onScenes: (count: number) => void = () => {},
): Points {
  const codes: Float32Array[] = [];
  for (let start = 0; start < scenes.length; start += batch) {
    const chunk = scenes.slice(start, start + batch);
    codes.push(encode(concatenate(chunk), chunk.length));
    onScenes(chunk.length);
  }
  const size = codes.length === 0 ? 1 : codes[0].length / Math.min(batch, scenes.length);
  const values = new Float32Array(size * scenes.length);
  codes.reduce((at, each) => {
    values.set(each, at);
    return at + each.length;
  }, 0);
  return pointsOf(values, size);
}

/** Adds up. */
export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}
