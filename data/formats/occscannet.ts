/**
 * Scenes of OccScanNet (Yu et al., "Monocular occupancy prediction for scalable indoor scenes", ECCV 2024), and of NYU as
 * MonoScene and ISO write them.
 */
import { FormatError } from "../../base/byte_reader.ts";
import { UserError } from "../../base/errors.ts";
import { type ClassSet, PAPER_CLASSES } from "../classes.ts";
import type { DecodedScene, SceneFormat } from "./decoded_source.ts";
import type { DataSet } from "../scenes/scene_kind.ts";
import { toLabels } from "../labels.ts";
import type { NpyArray } from "./npy.ts";
import { NumpyArray, numpyRules } from "./numpy_pickle.ts";
import { decodePickle } from "./pickle.ts";

/** Key of the labels in a file's dictionary: voxels of 8 cm, a quarter of the finest resolution. */
const LABELS_KEY = "target_1_4";

/** Data sets in such files. */
export const OCCSCANNET_DATA: readonly DataSet[] = [
  {
    name: "OccScanNet",
    from: "github.com/hongxiaoy/ISO",
    licence: "ScanNet's terms, for research",
  },
  { name: "NYUv2 as MonoScene and ISO write it", from: "github.com/astra-vision/MonoScene", licence: "for research" },
];

/** `.pkl` files, each a dictionary with the labels of a frame. */
export const OCCSCANNET_FORMAT: SceneFormat = {
  kind: "occscannet",
  title: "OccScanNet frame",
  endings: [".pkl"],
  several: false,
  numbered: true,
  decode: (bytes, name, classes) => [decodeOccscannet(bytes, name, classes)],
};

/**
 * Decodes a file. Rooms are as wide as they are deep, so the shape tells which axis is up: `[60, 60, 36]` of OccScanNet
 * has z up, its voxel (x, y, z) becomes ours (x, z, y); `[60, 36, 60]` of NYU has y up, as we have. The classes are in
 * our order (theirs are the published twelve); 255 is unknown, as with us.
 *
 * @throws {UserError} if it is damaged, holds anything but data, or has no labels of such a shape.
 */
export function decodeOccscannet(
  bytes: Uint8Array,
  name: string,
  classes: ClassSet = PAPER_CLASSES,
): DecodedScene {
  return upright(labelsIn(bytes, name), `${name}, ${LABELS_KEY}`, classes);
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

function upright({ shape, data }: NpyArray, name: string, classes: ClassSet): DecodedScene {
  const [width, second, third] = shape;
  const isYUp = third === width && second !== width, isZUp = second === width && third !== width;
  if (shape.length !== 3 || !(isYUp || isZUp)) {
    throw new UserError(
      `${name} has shape [${
        shape.join(", ")
      }], which does not tell what is up: expected [n, n, height] as OccScanNet ` +
        `has, or [n, height, n] as NYU has`,
    );
  }
  const labels = toLabels(data, name, [width, second, third], classes);
  if (isYUp) return { name: "", grid: [width, second, third], labels };
  const out = new Uint8Array(labels.length);
  for (let x = 0, i = 0; x < width; x++) {
    for (let y = 0; y < second; y++) for (let z = 0; z < third; z++, i++) out[(x * third + z) * second + y] = labels[i];
  }
  return { name: "", grid: [width, third, second], labels: out };
}
