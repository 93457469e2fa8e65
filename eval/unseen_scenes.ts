import { UserError } from "../base/errors.ts";
import { readManifest, sceneIndices } from "../data/scenes/manifest.ts";
import { openScenes } from "../data/scenes/open.ts";
import { ROOMS, roomSource } from "../data/rooms/mod.ts";
import type { SceneSource } from "../data/scenes/scene_source.ts";
import { sceneOptions, type TrainOptions } from "../run/config.ts";
import { runFolder } from "../run/run_folder.ts";
import { type Overlap, overlapWith } from "./overlap.ts";

/** Scenes to evaluate on, readable one by one. */
export interface TestScenes extends Disposable {
  /** For people: what they are and whether the run was trained on them. */
  readonly description: string;
  /** How many there are, at most as many as asked for. */
  readonly count: number;
  /** Labels `[D, H, W]` of scene `index`. */
  read(index: number): Promise<Uint8Array>;
}

/**
 * The scenes to evaluate a run on: those at `data`, or else what the run held out. A run on procedural rooms is
 * evaluated on new rooms of its seed, behind those that it was trained on.
 *
 * @param count at most so many scenes.
 * @param allowOverlap whether scenes of `data` may be among those that the run was trained on.
 * @throws {UserError} if the scenes cannot be read, are of another grid, or the run was trained on some of them.
 */
export async function testScenes(
  root: string,
  options: TrainOptions,
  count: number,
  data?: string,
  allowOverlap = false,
): Promise<TestScenes> {
  const { grid, seed, scenes } = options;
  if (data === ROOMS || (data === undefined && options.data === ROOMS)) {
    if (options.classes !== undefined) {
      throw new UserError("--data rooms: generated rooms have the published classes, this run has others");
    }
    const source = roomSource({ seed, grid, count: scenes + count });
    return chosen(source, Array.from({ length: count }, (_, i) => scenes + i), "procedural rooms the run never saw");
  }
  const source = await openScenes(data ?? options.data, sceneOptions(options));
  if (source.grid.some((size, axis) => size !== grid[axis])) {
    const found = source.grid.join("x");
    source[Symbol.dispose]();
    throw new UserError(
      `${data ?? options.data} holds scenes of ${found} voxels, the run was trained on ${
        grid.join("x")
      }; choose other ` +
        `--data, or a run of that grid`,
    );
  }
  using owned = new DisposableStack();
  owned.use(source);
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
  return chosen(source, indices, what);
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

function chosen(source: SceneSource, indices: readonly number[], what: string): TestScenes {
  return {
    description: `${indices.length} ${what}`,
    count: indices.length,
    read: (index) => source.read(indices[index]),
    [Symbol.dispose]: () => source[Symbol.dispose](),
  };
}
