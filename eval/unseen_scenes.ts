/** Scenes that a run has not seen: what it held out, new rooms, or those that a person names. */
import { UserError } from "../base/errors.ts";
import { formatGrid } from "../data/grid.ts";
import { isProcedural, proceduralSource } from "../data/rooms/mod.ts";
import { fingerprint } from "../data/scenes/fingerprint.ts";
import { readManifest, sceneIndices } from "../data/scenes/manifest.ts";
import { openScenes } from "../data/scenes/open.ts";
import type { SceneSource } from "../data/scenes/scene_source.ts";
import { readTrainedScenes } from "../data/scenes/trained_scenes.ts";
import { sceneOptions, type TrainOptions } from "../run/config.ts";
import { runFolder } from "../run/run_folder.ts";

/** Scenes to evaluate on, readable one by one. */
export interface UnseenScenes {
  /** For people: what they are and whether the run was trained on them. */
  readonly description: string;
  /** How many there are. */
  readonly count: number;
  /** Labels `[D, H, W]` of scene `index`. */
  read(index: number): Promise<Uint8Array>;
  /** The first `count` of them, or all if there are fewer. */
  first(count: number): UnseenScenes;
}

/** For work that needs none. */
export const NO_SCENES: UnseenScenes & Disposable = {
  description: "no scenes",
  count: 0,
  read: (index) => Promise.reject(new RangeError(`scene ${index} of none`)),
  first: () => NO_SCENES,
  [Symbol.dispose]() {},
};

/**
 * The scenes to evaluate a run on: those at `data`, or else what the run held out. A run on procedural scenes is
 * evaluated on new ones of its seed, behind those that it was trained on.
 *
 * @param count at most so many scenes.
 * @param allowOverlap whether scenes of `data` may be among those that the run was trained on.
 * @throws {UserError} if the scenes cannot be read, are of another grid, or the run was trained on some of them.
 */
export async function openUnseenScenes(
  root: string,
  options: TrainOptions,
  count: number,
  data?: string,
  allowOverlap = false,
): Promise<UnseenScenes & Disposable> {
  using owned = new DisposableStack();
  const source = owned.use(await openSource(options, data, count));
  const close = { [Symbol.dispose]: () => source[Symbol.dispose]() };
  if (isMadeUp(options, data)) {
    owned.move();
    const indices = Array.from({ length: count }, (_, i) => options.scenes + i);
    return { ...chosen(source, indices, `procedural ${data ?? options.data} the run never saw`), ...close };
  }
  const { manifest, trainedScenes } = runFolder(root);
  let indices: number[], what: string;
  if (data !== undefined) {
    indices = [...source.sceneIds.keys()].slice(0, count);
    const overlap = await overlapWith(trainedScenes, source, indices);
    if (overlap && overlap.names.length > 0 && !allowOverlap) throw overlapping(data, indices.length, overlap);
    what = `scenes of ${data}${noted(overlap)}`;
  } else {
    const { test, train } = await readManifest(manifest);
    indices = sceneIndices(source, (test.length > 0 ? test : train).slice(0, count));
    what = test.length > 0
      ? `held-out scenes${noted(await overlapWith(trainedScenes, source, indices))}`
      : "training scenes (there are too few to hold any out)";
  }
  owned.move();
  return { ...chosen(source, indices, what), ...close };
}

/** Whether the scenes at `data`, or of the run, are made up, so that there are always new ones. */
export function isMadeUp(options: TrainOptions, data?: string): boolean {
  return isProcedural(data ?? options.data);
}

/**
 * Opens the scenes at `data`, or what a run was trained on. Procedural scenes are those of the run and `more` behind
 * them.
 *
 * @throws {UserError} if they cannot be read, or are not of the run's grid or classes.
 */
export async function openSource(options: TrainOptions, data: string | undefined, more: number): Promise<SceneSource> {
  const { grid, seed, scenes, classes } = options, path = data ?? options.data;
  if (isProcedural(path)) {
    if (classes === undefined) return proceduralSource(path, { seed, grid, count: scenes + more });
    throw new UserError(`--data ${path}: generated ${path} have the published classes, this run has others`);
  }
  const source = await openScenes(path, sceneOptions(options));
  if (formatGrid(source.grid) === formatGrid(grid)) return source;
  source[Symbol.dispose]();
  throw new UserError(
    `${path} holds scenes of ${formatGrid(source.grid)} voxels, the run was trained on ` +
      `${formatGrid(grid)}; choose other --data, or a run of that grid`,
  );
}

function chosen(source: SceneSource, indices: readonly number[], what: string): UnseenScenes {
  return {
    description: `${indices.length} ${what}`,
    count: indices.length,
    read: (index) => source.read(indices[index]),
    first: (count) => chosen(source, indices.slice(0, count), what),
  };
}

/** Scenes that a run was trained on among others. */
interface Overlap {
  /** Their names among the others. */
  readonly names: readonly string[];
  /** How many scenes the run was trained on. */
  readonly trainedOn: number;
}

/**
 * Compares scenes with those that a run was trained on, by their content. A pack has the fingerprints of its scenes; of
 * other sources each scene is read once.
 *
 * @param path the run's `trained_scenes.txt`.
 * @returns null if the run has no record of its scenes: it is imported, or of an older version.
 * @throws {UserError} if the record or a scene cannot be read.
 */
async function overlapWith(path: string, source: SceneSource, indices: readonly number[]): Promise<Overlap | null> {
  const trained = await readTrainedScenes(path);
  if (!trained || trained.size === 0) return null;
  const names: string[] = [];
  for (const index of indices) {
    const print = source.fingerprint?.(index) ?? fingerprint(await source.read(index), source.grid);
    if (trained.has(print)) names.push(source.sceneIds[index]);
  }
  return { names, trainedOn: trained.size };
}

function overlapping(data: string, count: number, { names, trainedOn }: Overlap): UserError {
  return new UserError(
    `${data}: ${names.length} of the ${count} scenes to test on are, by their content, among the ${trainedOn} that the ` +
      `run was trained on, e.g. ${names[0]}; leave out --data to test on what the run held out, choose other scenes, ` +
      `or measure all the same with --allow-overlap`,
  );
}

/** What a description adds about scenes that the run knows. */
function noted(overlap: Overlap | null): string {
  if (overlap === null) return " (the run has no record of the scenes it was trained on)";
  return overlap.names.length === 0 ? "" : ` (the run was trained on ${overlap.names.length} of them)`;
}
