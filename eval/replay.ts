/** Projects done again. */
import { UserError } from "../base/errors.ts";
import { formatGrid } from "../data/grid.ts";
import { checkLabels } from "../data/labels.ts";
import { fingerprint } from "../data/scenes/fingerprint.ts";
import { selectedVoxels } from "../data/scenes/selection.ts";
import { GUIDANCE, type SamplerOptions, TEMPERATURE } from "../nn/prior/flow_prior.ts";
import { SAMPLER_STEPS } from "../nn/prior/integrate.ts";
import { type EditRequest, type Project, startingScene } from "../run/project.ts";
import type { Run } from "./run.ts";

/** How proposals are drawn unless a project says otherwise. */
export const EDIT_SAMPLER: Required<SamplerOptions> = {
  steps: SAMPLER_STEPS,
  guidance: GUIDANCE,
  temperature: TEMPERATURE,
};

/** `n` proposals for an edit of a scene, uint8 `[n, D, H, W]`. @throws {UserError} as {@link Run.edit}. */
export function proposalsFor(
  run: Pick<Run, "config" | "edit">,
  labels: Uint8Array,
  { selection, condition, seed }: EditRequest,
  n: number,
  sampler: SamplerOptions,
): Uint8Array<ArrayBuffer> {
  return run.edit(labels, selectedVoxels(selection, labels, run.config.grid), condition, n, seed, sampler);
}

/** A scene of a project. */
export interface ReplayedScene {
  /** uint8 `[D, H, W]`. */
  readonly labels: Uint8Array<ArrayBuffer>;
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
export function replay(
  run: Pick<Run, "root" | "step" | "checksum" | "config" | "edit">,
  project: Project,
  name: string,
): ReplayedScene[] {
  const { grid } = project.scene;
  if (project.run.checksum !== run.checksum) {
    const [wanted, found] = [project.run, run].map(({ checksum }) => checksum.slice(0, 12));
    throw new UserError(
      `${name} was made with checkpoint ${wanted} of step ${project.run.step}; ${run.root} has ${found} at step ` +
        `${run.step}; choose the run and checkpoint of the project (--run, --step)`,
    );
  }
  if (grid.join() !== run.config.grid.join()) {
    throw new UserError(
      `${name} is of ${formatGrid(grid)} voxels; the run edits scenes of ${formatGrid(run.config.grid)}`,
    );
  }
  const start = startingScene(project, name);
  checkLabels(start, name, grid, run.config.classes);
  const scenes: ReplayedScene[] = [{ labels: start, result: fingerprint(start, grid), asRecorded: true }];
  for (const edit of project.edits) {
    const { labels } = scenes.at(-1)!;
    const made = proposalsFor(run, labels, edit, edit.proposal + 1, project.run.sampler);
    const after = made.slice(edit.proposal * labels.length);
    const result = fingerprint(after, grid);
    scenes.push({ labels: after, result, asRecorded: result === edit.result });
  }
  return scenes;
}
