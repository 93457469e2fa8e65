/** Real scenes that generated ones are measured against. */
import { readManifest, sceneIndices } from "../../../data/scenes/manifest.ts";
import type { SceneSource } from "../../../data/scenes/scene_source.ts";
import { epochOrder } from "../../../data/scenes/shuffle.ts";
import type { TrainOptions } from "../../../run/config.ts";
import { runFolder } from "../../../run/run_folder.ts";
import { isMadeUp, openSource } from "../../unseen_scenes.ts";

/** Scenes under names, readable one by one. */
export interface SceneList {
  /** Name of each scene. */
  readonly ids: readonly string[];
  /** Labels `[D, H, W]` of a scene by its place in the list. */
  read(index: number): Promise<Uint8Array>;
}

/** Training scenes and, where there are any, others from the same place. */
export interface ComparisonScenes extends Disposable {
  /** What the run was trained on, or other scenes that were named instead; shuffled, perhaps not all. */
  readonly training: SceneList;
  /** Real scenes that the run was not trained on; empty if all were, or others were named. */
  readonly unseen: SceneList;
  /** For people: what they are. */
  readonly description: string;
}

/** Which scenes to open. */
export interface ComparisonOptions {
  /** uint32; which training scenes are taken, and in which order. */
  readonly seed: number;
  /** At most so many training scenes. */
  readonly mostTraining: number;
  /** At most so many others. */
  readonly mostUnseen: number;
  /** File or folder of scenes that stand in for the training scenes. */
  readonly data?: string;
}

/**
 * Opens the training scenes of a run and those it held out. A run on procedural rooms is compared with new rooms of its
 * seed instead of the held-out ones, of which there are few.
 *
 * @throws {UserError} if the scenes cannot be read, are not those of the run's manifest, or are of another grid.
 */
export async function comparisonScenes(
  root: string,
  options: TrainOptions,
  { seed, mostTraining, mostUnseen, data }: ComparisonOptions,
): Promise<ComparisonScenes> {
  using owned = new DisposableStack();
  const rooms = isMadeUp(options, data), source = owned.use(await openSource(options, data, rooms ? mostUnseen : 0));
  let all = [...source.sceneIds.keys()], others: number[] = [];
  if (data === undefined) {
    const { train, test } = await readManifest(runFolder(root).manifest);
    all = sceneIndices(source, train);
    others = rooms ? Array.from({ length: mostUnseen }, (_, i) => options.scenes + i) : sceneIndices(source, test);
  }
  const training = shuffled(all, seed).slice(0, mostTraining), unseen = shuffled(others, seed).slice(0, mostUnseen);
  const used = training.length < all.length ? `${training.length} of ${all.length}` : `${all.length}`;
  const what = data === undefined ? "training scenes of the run" : `scenes of ${data}`;
  owned.move();
  return {
    training: listOf(source, training),
    unseen: listOf(source, unseen),
    description: `${used} ${what}`,
    [Symbol.dispose]: () => source[Symbol.dispose](),
  };
}

/** The indices in an order that has nothing to do with the scenes' names. */
function shuffled(indices: readonly number[], seed: number): number[] {
  return Array.from(epochOrder(indices.length, seed, 0), (place) => indices[place]);
}

function listOf(source: SceneSource, indices: readonly number[]): SceneList {
  return {
    ids: indices.map((index) => source.sceneIds[index]),
    read: (index) => source.read(indices[index]),
  };
}
