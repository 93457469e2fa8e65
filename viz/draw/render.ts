/** Label volumes as shaded voxels. */
import { UserError } from "../../base/errors.ts";
import { type ClassSet, PAPER_CLASSES } from "../../data/classes.ts";
import { type Grid, voxelCount } from "../../data/grid.ts";
import { checkLabels, emptyWhereUnknown } from "../../data/labels.ts";
import { type Box, type Camera, cameraFor, type View } from "./camera.ts";
import { cutAway } from "./cutaway.ts";
import { visibleFaces } from "./faces.ts";
import { createImage, type Image, type Rgb, WHITE } from "./image.ts";
import { shade } from "./shading.ts";
import { findVisible, type Visibility } from "./visibility.ts";

/** How {@link renderVolume} shows a volume. */
export interface RenderOptions {
  /** Width of the picture in pixels; 640 if left out. */
  readonly width?: number;
  /** Height of the picture in pixels; 480 if left out. */
  readonly height?: number;
  /** Where the camera stands; `corner` if left out. */
  readonly view?: View;
  /** Leave out the ceiling and the walls towards the camera; true if left out. */
  readonly cut?: boolean;
  /** Behind the voxels; white if left out. */
  readonly background?: Rgb | "transparent";
  /** What the camera frames; the voxels that are shown if left out. Give the same box to compare volumes. */
  readonly frame?: Box;
  /** What the labels stand for; the published classes if left out. */
  readonly classes?: ClassSet;
  /** Colour of each label; those of the classes if left out. */
  readonly palette?: readonly Rgb[];
}

/** Longest side of a rendering in pixels: keeps its samples below a gigabyte. */
const LARGEST_SIDE = 4096;
/** Samples per side of a pixel, for small and for large pictures (memory: 11 bytes a sample). */
const SAMPLES_SMALL = 3, SAMPLES_LARGE = 2, LARGE_PIXELS = 3_000_000;

/**
 * Draws a label volume in perspective: cubes in the palette of the classes, with soft light, ambient occlusion and
 * fine edge lines, anti-aliased.
 *
 * @param labels `[D, H, W]` in C order; axis 1 is up; label 0 is not drawn.
 * @throws {UserError} if a label is no class, or the number of labels or the size of the picture is impossible.
 */
export function renderVolume(labels: Uint8Array, grid: Grid, options: RenderOptions = {}): Image {
  const { width = 640, height = 480, view = "corner", background = WHITE, classes = PAPER_CLASSES } = options;
  const { palette = classes.palette } = options;
  if (width > LARGEST_SIDE || height > LARGEST_SIDE) {
    throw new UserError(`a rendering of ${width}x${height} pixels: each side must be at most ${LARGEST_SIDE}`);
  }
  const image = createImage(width, height, background);
  const shown = shownVoxels(labels, grid, options);
  const camera = cameraFor(options.frame ?? boundsOrWhole(shown, grid), view, width, height);
  const samples = width * height > LARGE_PIXELS ? SAMPLES_LARGE : SAMPLES_SMALL;
  const fine: Camera = {
    ...camera,
    focal: camera.focal * samples,
    centerX: camera.centerX * samples,
    centerY: camera.centerY * samples,
  };
  const faces = visibleFaces(shown, grid, fine.eye);
  const visible = findVisible(faces, fine, width * samples, height * samples);
  average(image, visible, shade(faces, visible, fine, samples, palette), samples, background);
  return image;
}

/** The box that {@link renderVolume} frames if it is not told; to draw other volumes from the same place. */
export function frameOf(labels: Uint8Array, grid: Grid, options: RenderOptions = {}): Box {
  return boundsOrWhole(shownVoxels(labels, grid, options), grid);
}

/** Checks the labels and leaves out what is unknown and what the options ask to cut away. */
export function shownVoxels(
  labels: Uint8Array,
  grid: Grid,
  { view = "corner", cut = true, classes = PAPER_CLASSES }: RenderOptions,
): Uint8Array {
  if (labels.length !== voxelCount(grid)) {
    throw new UserError(`a volume of ${grid.join("x")} has ${voxelCount(grid)} voxels, found ${labels.length} labels`);
  }
  checkLabels(labels, "volume", grid, classes.names.length);
  const known = emptyWhereUnknown(labels);
  return cut ? cutAway(known, grid, cameraFor(wholeGrid(grid), view, 1, 1).eye, classes) : known;
}

function boundsOrWhole(labels: Uint8Array, grid: Grid): Box {
  return boundingBox(labels, grid) ?? wholeGrid(grid);
}

function wholeGrid(grid: Grid): Box {
  return { low: [0, 0, 0], high: grid };
}

/** The box around every voxel that is not empty, or null if all are. */
export function boundingBox(labels: Uint8Array, grid: Grid): Box | null {
  const low: [number, number, number] = [...grid], high: [number, number, number] = [0, 0, 0];
  for (let x = 0, voxel = 0; x < grid[0]; x++) {
    for (let y = 0; y < grid[1]; y++) {
      for (let z = 0; z < grid[2]; z++, voxel++) {
        if (labels[voxel] === 0) continue;
        const at = [x, y, z];
        for (let axis = 0; axis < 3; axis++) {
          low[axis] = Math.min(low[axis], at[axis]);
          high[axis] = Math.max(high[axis], at[axis] + 1);
        }
      }
    }
  }
  return high[0] === 0 ? null : { low, high };
}

/** Averages the samples of each pixel over the background. */
function average(
  image: Image,
  visible: Visibility,
  colors: Uint8Array,
  samples: number,
  background: Rgb | "transparent",
): void {
  const { width, height, data } = image, { face } = visible;
  const behind = background === "transparent" ? WHITE : background;
  const total = samples * samples;
  for (let row = 0, out = 0; row < height; row++) {
    for (let column = 0; column < width; column++, out += 4) {
      let red = 0, green = 0, blue = 0, covered = 0;
      for (let subRow = 0; subRow < samples; subRow++) {
        const first = (row * samples + subRow) * visible.width + column * samples;
        for (let sample = first; sample < first + samples; sample++) {
          if (face[sample] < 0) continue;
          covered++;
          red += colors[3 * sample];
          green += colors[3 * sample + 1];
          blue += colors[3 * sample + 2];
        }
      }
      if (covered === 0) continue;
      const rest = background === "transparent" ? 0 : total - covered;
      data[out] = Math.round((red + rest * behind[0]) / (covered + rest));
      data[out + 1] = Math.round((green + rest * behind[1]) / (covered + rest));
      data[out + 2] = Math.round((blue + rest * behind[2]) / (covered + rest));
      data[out + 3] = Math.round(255 * (background === "transparent" ? covered / total : 1));
    }
  }
}
