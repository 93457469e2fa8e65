/** Projects done again. */
import { UserError } from "../base/errors.ts";
import { type Grid, voxelCount } from "../data/grid.ts";
import { checkLabels } from "../data/labels.ts";
import { fingerprint } from "../data/scenes/fingerprint.ts";
import { type GivenScene, growthBeyond } from "../data/scenes/growth.ts";
import { forEachRun } from "../nn/canvas.ts";
import { GUIDANCE, type SamplerOptions, TEMPERATURE } from "../nn/prior/flow_prior.ts";
import { SAMPLER_STEPS } from "../nn/prior/integrate.ts";
import { type EditRequest, type Project, startingScene } from "../run/project.ts";
import { checkEditable, proposalsFor } from "./edit_request.ts";
import type { Run } from "./run.ts";

/** How proposals are drawn unless a project says otherwise. */
export const EDIT_SAMPLER: Required<SamplerOptions> = {
  steps: SAMPLER_STEPS,
  guidance: GUIDANCE,
  temperature: TEMPERATURE,
};

/** A scene of a project. */
export interface ReplayedScene extends GivenScene {
  /** Its `fingerprint`. */
  readonly result: string;
  /** Whether it has the same bytes as when the project was recorded. */
  readonly asRecorded: boolean;
}

/**
 * The scenes of a project: the first as it was, then the scene after each edit, undone ones too, each made anew.
 *
 * @param name of the project, for errors.
 * @throws {UserError} if the run is another than that of the project, or an edit cannot be made.
 */
export function replay(run: Run, project: Project, name: string): ReplayedScene[] {
  const { grid } = project.scene;
  if (project.run.checksum !== run.checksum) {
    const [wanted, found] = [project.run, run].map(({ checksum }) => checksum.slice(0, 12));
    throw new UserError(
      `${name} was made with checkpoint ${wanted} of step ${project.run.step}; ${run.root} has ${found} at step ` +
        `${run.step}; choose the run and checkpoint of the project (--run, --step)`,
    );
  }
  checkEditable(run, grid, name);
  const start = startingScene(project, name);
  checkLabels(start, name, grid, run.config.classes);
  const scenes = [replayed({ labels: start, grid })];
  for (const edit of project.edits) {
    const at = { first: edit.proposal, count: 1 };
    const [made] = proposalsFor(run, scenes.at(-1)!, edit, at, project.run.sampler);
    scenes.push(replayed(made, edit.result));
  }
  return scenes;
}

function replayed({ labels, grid }: GivenScene, recorded?: string): ReplayedScene {
  const result = fingerprint(labels, grid);
  return { labels, grid, result, asRecorded: recorded === undefined || result === recorded };
}

/**
 * The scenes of a project in the grid of the last one, each at its place in it and empty around: uint8 `[D, H, W]` each.
 *
 * @param edits that made each scene of the one before.
 */
export function inLastGrid(scenes: readonly GivenScene[], edits: readonly EditRequest[]): Uint8Array<ArrayBuffer>[] {
  const { grid: last } = scenes.at(-1)!;
  let place: Grid = [0, 0, 0];
  const placed = scenes.toReversed().map(({ labels, grid }, i) => {
    const whole = new Uint8Array(voxelCount(last));
    forEachRun(last, grid, place, 1, (from, at, length) => whole.set(labels.subarray(from, from + length), at));
    const made = edits.at(-1 - i)?.selection; // which made this scene
    if (made && "beyond" in made) {
      const { before: [x, y, z] } = growthBeyond([made.beyond], made.by);
      place = [place[0] + x, place[1] + y, place[2] + z];
    }
    return whole;
  });
  return placed.reverse();
}
