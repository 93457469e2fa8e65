/** How often each class occurs. */
import { CLASS_COUNT } from "../classes.ts";
import { type ClassSet, PAPER_CLASSES } from "../classes.ts";
import type { SceneSource } from "./scene_source.ts";

/** Adds the number of voxels of each class to `counts`, one number per class: 12 if left out. Unknown ones are of none. */
export function countClasses(labels: Uint8Array, counts: Float64Array = new Float64Array(CLASS_COUNT)): Float64Array {
  for (const label of labels) if (label < counts.length) counts[label]++;
  return counts;
}

/** Counts as shares of their sum, in per cent. */
export function percentages(counts: ArrayLike<number>): number[] {
  const all = Array.from(counts);
  const total = all.reduce((sum, count) => sum + count, 0);
  return all.map((count) => total === 0 ? 0 : 100 * count / total);
}

/** Class counts over many scenes. */
export interface SceneStatistics {
  /** The classes that are counted; the published ones if left out. */
  readonly classes?: ClassSet;
  /** Number of scenes counted. */
  readonly scenes: number;
  /** Voxels of each class over all scenes. */
  readonly voxels: Float64Array;
  /** Voxels of which nothing is known. */
  readonly unknown: number;
  /** Number of scenes in which each class occurs. */
  readonly scenesWith: Float64Array;
}

/**
 * Counts the classes of the first `limit` scenes of a source.
 *
 * @param onProgress told how many scenes are done.
 * @throws {UserError} if a scene cannot be read.
 */
export async function sceneStatistics(
  source: SceneSource,
  limit = Infinity,
  onProgress?: (done: number, total: number) => void,
): Promise<SceneStatistics> {
  const scenes = Math.min(limit, source.sceneIds.length);
  const { classes = PAPER_CLASSES } = source, classCount = classes.names.length;
  const voxels = new Float64Array(classCount);
  const scenesWith = new Float64Array(classCount);
  let unknown = 0;
  for (let index = 0; index < scenes; index++) {
    const labels = await source.read(index);
    unknown += labels.length;
    countClasses(labels, new Float64Array(classCount)).forEach((count, label) => {
      unknown -= count;
      voxels[label] += count;
      scenesWith[label] += Number(count > 0);
    });
    onProgress?.(index + 1, scenes);
  }
  return { classes, scenes, voxels, unknown, scenesWith };
}
