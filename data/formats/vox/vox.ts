/** MagicaVoxel `.vox` models as scenes; the inverse of `deno task viz export --format vox`. */
import { FormatError } from "../../../base/byte_reader.ts";
import { UserError } from "../../../base/errors.ts";
import { type ClassSet, PAPER_CLASSES } from "../../classes.ts";
import type { DecodedScene, SceneFormat } from "../decoded_source.ts";
import { formatGrid, type Grid, voxelCount } from "../../grid.ts";
import { parseVox } from "./vox_file.ts";
import { type VoxInstance, voxScene } from "./vox_scene.ts";

/** Colours this close to a class's (Euclidean distance in RGB) are of that class; programs round them differently. */
const COLOR_TOLERANCE = 24;
/** Most voxels of a scene, and most that its models write, each as often as it is there: small files can claim more. */
const MOST_VOXELS = 2 ** 24, MOST_PLACED = 2 ** 26;

/** `.vox` files. */
export const VOX_FORMAT: SceneFormat = {
  kind: "vox",
  title: "MagicaVoxel model",
  endings: [".vox"],
  several: false,
  decode: (bytes, name, classes) => [decodeVox(bytes, name, classes)],
};

/**
 * Decodes a file into one scene: the box around all models that are shown, each where the file's scene has it. A colour
 * is the class of the palette that it equals or nearly equals. MagicaVoxel's z is up: its voxel (x, y, z) of sizes
 * (X, Y, Z) becomes ours (x, z, Y − 1 − y).
 *
 * @throws {UserError} if the file is damaged, shows nothing, or has a colour that is of no class.
 */
export function decodeVox(bytes: Uint8Array, name: string, classes: ClassSet = PAPER_CLASSES): DecodedScene {
  try {
    const file = parseVox(bytes), { instances, hidden, animated } = voxScene(file);
    if (instances.length === 0) {
      throw new FormatError(`it shows no model${hidden > 0 ? `, all ${hidden} are hidden` : ""}`);
    }
    const notes = [
      ...instances.length > 1 ? [`${instances.length} models in their places`] : [],
      ...hidden > 0 ? [`hidden models left out: ${hidden}`] : [],
      ...animated > 0 ? [`animations, of which the first frame is read: ${animated}`] : [],
    ];
    return { name: "", ...sceneOf(instances, file.palette, classes), ...notes.length > 0 && { notes } };
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

function sceneOf(
  instances: readonly VoxInstance[],
  palette: Uint8Array | null,
  set: ClassSet,
): { grid: Grid; labels: Uint8Array<ArrayBuffer> } {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (const { model: { size }, place } of instances) {
    for (const corner of [place(0, 0, 0), place(size[0] - 1, size[1] - 1, size[2] - 1)]) {
      corner.forEach((value, axis) => {
        low[axis] = Math.min(low[axis], value);
        high[axis] = Math.max(high[axis], value);
      });
    }
  }
  const [sizeX, sizeY, sizeZ] = high.map((value, axis) => value - low[axis] + 1), grid: Grid = [sizeX, sizeZ, sizeY];
  const placed = instances.reduce((sum, { model }) => sum + model.voxels.length / 4, 0);
  if (voxelCount(grid) > MOST_VOXELS || placed > MOST_PLACED) {
    throw new FormatError(
      `its models reach over ${formatGrid(grid)} voxels and fill ${placed}, at most ${MOST_VOXELS} and ${MOST_PLACED}`,
    );
  }
  const classes = classesOf(palette, instances, set), labels = new Uint8Array(voxelCount(grid));
  for (const { model: { voxels }, place } of instances) {
    for (let at = 0; at < voxels.length; at += 4) {
      const [x, y, z] = place(voxels[at], voxels[at + 1], voxels[at + 2]);
      labels[((x - low[0]) * sizeZ + z - low[2]) * sizeY + high[1] - y] = classes[voxels[at + 3]];
    }
  }
  return { grid, labels };
}

/** The class of every colour index that occurs. */
function classesOf(palette: Uint8Array | null, instances: readonly VoxInstance[], set: ClassSet): Uint8Array {
  const classes = new Uint8Array(256), used = new Set<number>();
  for (const { voxels } of new Set(instances.map(({ model }) => model))) {
    for (let at = 3; at < voxels.length; at += 4) used.add(voxels[at]);
  }
  if (used.size > 0 && palette === null) {
    throw new FormatError(
      "it has no palette of its own, so its colours are of no class; load the palette of an export",
    );
  }
  for (const index of used) {
    const color = palette!.subarray(4 * (index - 1), 4 * (index - 1) + 3);
    const distances = set.palette.map((each, label) =>
      label === 0 ? Infinity : Math.hypot(...each.map((v, i) => v - color[i]))
    );
    const nearest = distances.indexOf(Math.min(...distances));
    if (distances[nearest] > COLOR_TOLERANCE) {
      const shown = (rgb: Iterable<number>) => `rgb(${[...rgb].join(", ")})`;
      throw new FormatError(
        `colour ${index}, ${shown(color)}, is of no class; the nearest is ${set.names[nearest]}, ` +
          `${shown(set.palette[nearest])}; load the palette of an export`,
      );
    }
    classes[index] = nearest;
  }
  return classes;
}
