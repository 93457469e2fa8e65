/** Edits as projects and the viewer ask for them, of scenes as large as the run's or larger. */
import { UserError } from "../base/errors.ts";
import { formatGrid, type Grid } from "../data/grid.ts";
import { type GivenScene, grownGrid, growthBeyond } from "../data/scenes/growth.ts";
import { boxOf } from "../data/scenes/known_parts.ts";
import { selectedVoxels } from "../data/scenes/selection.ts";
import { forEachRun, windowOf } from "../nn/canvas.ts";
import type { SamplerOptions } from "../nn/prior/flow_prior.ts";
import type { EditRequest } from "../run/project.ts";
import { grownScene } from "./larger_scenes.ts";
import type { Run } from "./run.ts";

/**
 * Proposals for an edit of a scene, from `first` of the seed's sequence on. Of a scene larger than the run's grid, the
 * run sees a piece of that size with the selection in its middle, as far as the borders allow.
 *
 * @throws {UserError} as `Run.edit` and {@link grownScene}; for a selection that no such piece holds.
 */
export function proposalsFor(
  run: Run,
  scene: GivenScene,
  { selection, condition, seed }: EditRequest,
  { first = 0, count }: { readonly first?: number; readonly count: number },
  sampler: SamplerOptions,
): GivenScene[] {
  if ("beyond" in selection) {
    if (condition.change !== "regenerate") {
      throw new UserError(`there is nothing beyond ${selection.beyond} to ${condition.change}; regenerate it`);
    }
    const { change: _, ...request } = condition, growth = growthBeyond([selection.beyond], selection.by);
    const grid = grownGrid(scene.grid, growth);
    return Array.from({ length: count }, (_, i) => ({
      labels: grownScene(run, scene, growth, seed, first + i, { ...request, ...sampler }),
      grid,
    }));
  }
  const { labels, grid } = scene, { config: { grid: own } } = run;
  checkEditable(run, grid, "the scene");
  const mask = selectedVoxels(selection, labels, grid), start = pieceAround(mask, grid, own);
  const [part, masked] = [labels, mask].map((volume) => windowOf(volume, grid, own, start));
  const made = run.edit(part, masked, condition, first + count, seed, sampler);
  return Array.from({ length: count }, (_, i) => {
    const edited = labels.slice(), from = (first + i) * part.length;
    forEachRun(grid, own, start, 1, (inPiece, at, length) => {
      edited.set(made.subarray(from + inPiece, from + inPiece + length), at);
    });
    return { labels: edited, grid };
  });
}

/** Checks that a run edits scenes of a size. @throws {UserError} if they are smaller than its grid */
export function checkEditable({ config: { grid: own } }: Run, grid: Grid, name: string): void {
  if (grid.every((voxels, axis) => voxels >= own[axis])) return;
  throw new UserError(
    `${name} is of ${formatGrid(grid)} voxels; the run edits scenes of ${formatGrid(own)} and larger`,
  );
}

/** First voxel of the piece of a size that has the masked voxels in its middle, or as near to it as the grid allows. */
function pieceAround(mask: Uint8Array, grid: Grid, size: Grid): Grid {
  const { start, end } = boxOf(mask.keys().filter((voxel) => mask[voxel] !== 0), grid);
  const selected = end.map((last, axis) => last - start[axis]);
  if (selected.some((voxels, axis) => voxels > size[axis])) {
    throw new UserError(
      `the selection is ${formatGrid(selected)}, this run edits ${formatGrid(size)} at once; select less`,
    );
  }
  const place = (axis: number) => {
    const middle = Math.floor((start[axis] + end[axis] - size[axis]) / 2);
    return Math.min(grid[axis] - size[axis], Math.max(0, middle));
  };
  return [place(0), place(1), place(2)];
}
