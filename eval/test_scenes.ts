import { UserError } from "../base/errors.ts";
import { classSetOf } from "../data/class_file.ts";
import { readManifest, sceneIndices } from "../data/manifest.ts";
import { openScenes } from "../data/open.ts";
import { roomSource } from "../data/rooms/mod.ts";
import type { SceneSource } from "../data/scene_source.ts";
import type { TrainOptions } from "../train/config.ts";
import { runFolder } from "../train/run_folder.ts";

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
 * @throws {UserError} if the scenes cannot be read or are of another grid.
 */
export async function testScenes(
  root: string,
  options: TrainOptions,
  count: number,
  data?: string,
): Promise<TestScenes> {
  const { grid, seed, scenes } = options;
  if (data === "rooms" || (data === undefined && options.data === "rooms")) {
    if (options.classes !== undefined) {
      throw new UserError("--data rooms: generated rooms have the published classes, this run has others");
    }
    const source = roomSource({ seed, grid, count: scenes + count });
    return chosen(source, Array.from({ length: count }, (_, i) => scenes + i), "procedural rooms the run never saw");
  }
  const source = await openScenes(data ?? options.data, { classes: classSetOf(options.classes) });
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
  if (data !== undefined) return chosen(source, [...source.sceneIds.keys()].slice(0, count), `scenes of ${data}`);
  const { test, train } = await readManifest(runFolder(root).manifest);
  const ids = test.length > 0 ? test : train;
  const what = test.length > 0 ? "held-out scenes" : "training scenes (there are too few to hold any out)";
  return chosen(source, sceneIndices(source, ids.slice(0, count)), what);
}

function chosen(source: SceneSource, indices: readonly number[], what: string): TestScenes {
  return {
    description: `${indices.length} ${what}`,
    count: indices.length,
    read: (index) => source.read(indices[index]),
    [Symbol.dispose]: () => source[Symbol.dispose](),
  };
}
