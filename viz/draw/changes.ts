/** Where volumes differ from a first one: what stays grey, what changes red, as in the paper's picture of the code. */
import { type Grid, voxelCount } from "../../data/grid.ts";
import { UserError } from "../../base/errors.ts";
import { CLASS_NAMES, PAPER_CLASSES } from "../../data/classes.ts";
import { createImage, type Image, type Rgb } from "./image.ts";
import { fillRectangle } from "./raster.ts";
import { type RenderOptions, renderVolume, shownVoxels } from "./render.ts";
import { drawText } from "./text.ts";

/** Colour of a voxel that never changes, and of one that always does. */
const UNCHANGED: Rgb = [205, 207, 212], CHANGED: Rgb = [205, 20, 24];
/** Steps between the two: labels 1 to 11, as label 0 is not drawn. */
const STEPS = CLASS_NAMES.length - 1;
const INK: Rgb = [60, 60, 67];

/** Colour by step; step 0 stands for empty and is not drawn. The first is what never changes. */
const RAMP: readonly Rgb[] = Array.from({ length: STEPS + 1 }, (_, step) => {
  // Even a rare change must catch the eye, so its colour begins a third of the way to red.
  const share = step <= 1 ? 0 : 1 / 3 + (2 / 3) * (step - 1) / (STEPS - 1);
  return [0, 1, 2].map((c) => Math.round(UNCHANGED[c] + (CHANGED[c] - UNCHANGED[c]) * share)) as unknown as Rgb;
});

/**
 * Draws the voxels of `base` in grey, redder the more often they change, and in red also the voxels that are empty in
 * `base` and change. Ceiling and near walls are cut away as in `renderVolume`.
 *
 * @param base labels `[D, H, W]`.
 * @param filling labels `[D, H, W]` of what fills the voxels that are empty in `base` and change: a new piece of the
 *   ceiling is cut away, too. Without effect elsewhere.
 * @param frequency share of the variants, 0 to 1, in which each voxel has another label than in `base`, `[D, H, W]`.
 * @param options as for `renderVolume`; `palette` is of no effect.
 * @throws {UserError} if sizes or labels are not those of the grid.
 */
export function renderChanges(
  base: Uint8Array,
  filling: Uint8Array,
  frequency: Float32Array,
  grid: Grid,
  options: RenderOptions = {},
): Image {
  if (frequency.length !== voxelCount(grid)) {
    throw new UserError(`a volume of ${grid.join("x")} has ${voxelCount(grid)} voxels, found ${frequency.length}`);
  }
  const either = base.map((label, voxel) => label === 0 && frequency[voxel] > 0 ? filling[voxel] : label);
  const steps = shownVoxels(either, grid, options).map((label, voxel) => label === 0 ? 0 : stepOf(frequency[voxel]));
  return renderVolume(steps, grid, { ...options, cut: false, classes: PAPER_CLASSES, palette: RAMP });
}

/** The step of a share: 1 for none, then 2 to {@link STEPS}. */
function stepOf(share: number): number {
  return share <= 0 ? 1 : Math.min(STEPS, 1 + Math.ceil(share * (STEPS - 1)));
}

/** The ramp of {@link renderChanges} with its ends named, in a picture of `width` pixels and letters of `size`. */
export function changeLegend(width: number, size: number): Image {
  const image = createImage(width, Math.round(size * 1.9));
  const box = Math.round(size * 0.95), left = Math.round(width / 2 - STEPS * box / 2);
  const top = Math.round((image.height - box) / 2), baseline = top + (box + size * 0.68) / 2;
  for (let step = 1; step <= STEPS; step++) fillRectangle(image, left + (step - 1) * box, top, box, box, RAMP[step]);
  drawText(image, "never changes", left - size * 0.5, baseline, { size, color: INK, anchor: "end" });
  drawText(image, "always changes", left + STEPS * box + size * 0.5, baseline, { size, color: INK });
  return image;
}
