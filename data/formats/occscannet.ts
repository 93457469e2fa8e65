/** Scenes of OccScanNet (Yu et al., "Monocular occupancy prediction for scalable indoor scenes", ECCV 2024). */
import { FormatError } from "../../base/byte_reader.ts";
import { UserError } from "../../base/errors.ts";
import { type ClassSet, PAPER_CLASSES } from "../classes.ts";
import type { DecodedScene, SceneFormat } from "./decoded_source.ts";
import { UNKNOWN_LABEL } from "./downsample.ts";
import { type Grid, voxelCount } from "../grid.ts";
import { toLabels } from "../labels.ts";
import type { NpyArray } from "./npy.ts";
import { NumpyArray, numpyRules } from "./numpy_pickle.ts";
import { decodePickle } from "./pickle.ts";

/** Key of the labels in a file's dictionary: voxels of 8 cm, a quarter of the finest resolution. */
const LABELS_KEY = "target_1_4";

/** `.pkl` files, each a dictionary with the labels of a frame. */
export const OCCSCANNET_FORMAT: SceneFormat = {
  kind: "occscannet",
  title: "OccScanNet frames",
  endings: [".pkl"],
  several: false,
  decode: (bytes, name, classes) => [decodeOccscannet(bytes, name, classes)],
};

/**
 * Decodes a file. Its labels `[x, y, z]` have z up and the classes in our order (theirs are the published twelve); 255, unknown, becomes empty.
 * Voxel (x, y, z) becomes ours (x, z, y).
 *
 * @throws {UserError} if it is damaged, holds anything but data, or has no labels.
 */
export function decodeOccscannet(
  bytes: Uint8Array,
  name: string,
  classes: ClassSet = PAPER_CLASSES,
): DecodedScene {
  return upright(labelsIn(bytes, name), `${name}, ${LABELS_KEY}`, classes.names.length);
}

function labelsIn(bytes: Uint8Array, name: string): NpyArray {
  try {
    const value = decodePickle(bytes, numpyRules(bytes.length));
    const labels = value instanceof Map ? value.get(LABELS_KEY) : null;
    if (!(labels instanceof NumpyArray)) throw new FormatError(`it has no array ${LABELS_KEY}, the labels of a frame`);
    return labels.decode(name);
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

function upright({ shape, data }: NpyArray, name: string, classCount: number): DecodedScene {
  if (shape.length !== 3) throw new UserError(`${name} has shape [${shape.join(", ")}], expected [x, y, z]`);
  const [sizeX, sizeY, sizeZ] = shape;
  const known = Float64Array.from(data as ArrayLike<number | bigint>, Number).map((v) => v === UNKNOWN_LABEL ? 0 : v);
  const labels = toLabels(known, name, [sizeX, sizeY, sizeZ], classCount);
  const grid: Grid = [sizeX, sizeZ, sizeY];
  const out = new Uint8Array(voxelCount(grid));
  for (let x = 0, i = 0; x < sizeX; x++) {
    for (let y = 0; y < sizeY; y++) for (let z = 0; z < sizeZ; z++, i++) out[(x * sizeZ + z) * sizeY + y] = labels[i];
  }
  return { name: "", grid, labels: out };
}
