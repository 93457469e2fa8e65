/** Whether scenes to test on are among those that a run was trained on, told by what is in them. */
import { fingerprint } from "../data/scenes/fingerprint.ts";
import type { SceneSource } from "../data/scenes/scene_source.ts";
import { readTrainedScenes } from "../data/scenes/trained_scenes.ts";

/** Scenes of a test set that a run was trained on. */
export interface Overlap {
  /** Their names in the test set. */
  readonly names: readonly string[];
  /** How many scenes the run was trained on. */
  readonly trainedOn: number;
}

/**
 * Compares fingerprints. A pack has those of its scenes; of other sources each scene is read once.
 *
 * @param path the run's `trained_scenes.txt`.
 * @param indices scenes of `source` to test on.
 * @returns null if the run has no record of its scenes: it is imported, or of an older version.
 * @throws {UserError} if the record or a scene cannot be read.
 */
export async function overlapWith(
  path: string,
  source: SceneSource,
  indices: readonly number[],
): Promise<Overlap | null> {
  const trained = await readTrainedScenes(path);
  if (!trained || trained.size === 0) return null;
  const names: string[] = [];
  for (const index of indices) {
    const print = source.fingerprint?.(index) ?? fingerprint(await source.read(index), source.grid);
    if (trained.has(print)) names.push(source.sceneIds[index]);
  }
  return { names, trainedOn: trained.size };
}
