/**
 * Volumes of SemanticKITTI's scene completion (Behley et al., "SemanticKITTI: A dataset for semantic scene understanding
 * of LiDAR sequences", ICCV 2019): streets, 51.2 x 51.2 x 6.4 m in voxels of 20 cm.
 */
import { basename, dirname } from "@std/path";
import { FormatError } from "../../../base/byte_reader.ts";
import { UserError } from "../../../base/errors.ts";
import { fileName } from "../../../base/file_name.ts";
import { exists, readFile } from "../../../base/files.ts";
import { classListSchema, classSetOf } from "../../class_file.ts";
import { type ClassSet, describeClasses, sameClasses, UNKNOWN_LABEL } from "../../classes.ts";
import { type Grid, voxelCount } from "../../grid.ts";
import type { LabelOptions, SceneKind } from "../../scenes/scene_kind.ts";
import { withUnknown } from "../../unknown_labels.ts";
import { decodedKind, type DecodedScene, type SceneFormat } from "../decoded_source.ts";
import KITTI_CLASSES_JSON from "./classes.json" with { type: "json" };
import LABELS from "./labels.json" with { type: "json" };

/** Voxels in a file: x ahead, y to the left, z up, which varies fastest. */
export const KITTI_GRID: Grid = [256, 256, 32];

/** The classes of SemanticKITTI, empty first. */
export const KITTI_CLASSES: ClassSet = classSetOf(classListSchema.parse(KITTI_CLASSES_JSON.classes));

/** Masks beside a `.label` file, one bit a voxel, and what a 1 says of it. */
const MASKS = {
  ".invalid": "unknown: no ray of any scan could meet it",
  ".occluded": "hidden from this scan",
  ".bin": "met by this scan",
} as const;

/** Masks of a scene by ending; those that are not there are left out. */
export type KittiMasks = Partial<Record<".invalid" | ".occluded" | ".bin", Uint8Array>>;

const FORMAT: SceneFormat = {
  kind: "semantickitti",
  title: "SemanticKITTI volume",
  endings: [".label"],
  several: false,
  options: { licence: "SemanticKITTI: CC BY-NC-SA, built on KITTI" },
  decode: async (bytes, path, classes) => {
    const stem = path.replace(/\.label$/i, ""), masks: KittiMasks = {};
    for (const ending of endingsOf(MASKS)) {
      if (await exists(stem + ending)) masks[ending] = await readFile(stem + ending);
    }
    return [decodeKitti(bytes, path, masks, classes)];
  },
};

const DECODED = decodedKind<LabelOptions>(FORMAT.endings, () => FORMAT, [{
  name: "SemanticKITTI, scene completion",
  from: "www.semantic-kitti.org",
  licence: "CC BY-NC-SA",
}]);

/** `.label` files, with their masks beside them. */
export const KITTI_KIND: SceneKind = {
  ...DECODED,
  knowsClasses: true,
  companions: endingsOf(MASKS),
  // Frames of a sequence show the same streets, so they stay on one side of a split.
  open: (tree, options) =>
    DECODED.open(
      {
        ...tree,
        files: tree.files.map(({ path }) => ({ path, id: `${sequenceOf(path)}/${basename(path).slice(0, -6)}` })),
      },
      { ...options, classes: classesOf(tree.root, options) },
    ),
  inspect: (path, index, options) => DECODED.inspect(path, index, { ...options, classes: classesOf(path, options) }),
};

function classesOf(path: string, { classes, unknownLabels }: LabelOptions): ClassSet {
  if (classes && !sameClasses(classes, KITTI_CLASSES)) {
    throw new UserError(
      `${path}: volumes of SemanticKITTI have its classes, not ${describeClasses(classes)}; leave out --classes`,
    );
  }
  return unknownLabels === undefined ? KITTI_CLASSES : withUnknown(KITTI_CLASSES, unknownLabels);
}

/** The folder of `sequences/08/voxels/000000.label` that tells where: `08`. */
function sequenceOf(path: string): string {
  const folder = dirname(path);
  return fileName(basename(/^voxels$/i.test(basename(folder)) ? dirname(folder) : folder));
}

/**
 * Labels of a volume, upright: voxel (x, y, z) becomes ours (x, z, Y − 1 − y). Voxels whose label is of no class, and
 * those that the mask `.invalid` names, are unknown unless the classes say otherwise.
 *
 * @param bytes a uint16 for each voxel, little endian.
 * @param masks a bit for each voxel, the highest of a byte first.
 * @throws {UserError} if a length is wrong, or a label is none of SemanticKITTI's.
 */
export function decodeKitti(
  bytes: Uint8Array,
  name: string,
  masks: KittiMasks = {},
  classes: ClassSet = KITTI_CLASSES,
  grid: Grid = KITTI_GRID,
): DecodedScene {
  try {
    return decode(bytes, masks, classes.unknown?.[UNKNOWN_LABEL] ?? UNKNOWN_LABEL, grid);
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

function decode(bytes: Uint8Array, masks: KittiMasks, unknown: number, [sizeX, sizeY, sizeZ]: Grid): DecodedScene {
  const count = voxelCount([sizeX, sizeY, sizeZ]),
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkLength(bytes, 2 * count, "two for each voxel");
  for (const ending of endingsOf(MASKS)) {
    const mask = masks[ending];
    if (mask) checkLength(mask, count / 8, `a bit for each voxel in the mask ${ending}`);
  }
  const invalid = masks[".invalid"], labels = new Uint8Array(count);
  let ofNoClass = 0;
  for (let x = 0, at = 0; x < sizeX; x++) {
    for (let y = 0; y < sizeY; y++) {
      for (let z = 0; z < sizeZ; z++, at++) {
        const value = view.getUint16(2 * at, true), label = value < CLASS_OF.length ? CLASS_OF[value] : NO_LABEL;
        if (label === NO_LABEL) {
          throw new FormatError(`voxel [${x}, ${y}, ${z}] has the label ${value}, which is none of SemanticKITTI's`);
        }
        if (label === UNKNOWN_LABEL) ofNoClass++;
        const isUnknown = label === UNKNOWN_LABEL || (invalid && isSet(invalid, at));
        labels[(x * sizeZ + z) * sizeY + sizeY - 1 - y] = isUnknown ? unknown : label;
      }
    }
  }
  const percent = (voxels: number) => `${(100 * voxels / count).toFixed(2)} %`;
  return {
    name: "",
    grid: [sizeX, sizeZ, sizeY],
    labels,
    notes: [
      ...endingsOf(MASKS).flatMap((ending) => {
        const mask = masks[ending];
        return mask ? [`${ending}: ${percent(bitsIn(mask))} of the voxels ${MASKS[ending]}`] : [];
      }),
      ...ofNoClass > 0 ? [`of no class, so unknown: ${percent(ofNoClass)} of the voxels`] : [],
    ],
  };
}

/** Marks numbers that are no labels. */
const NO_LABEL = 254;
/** Class of each label of a file. */
const CLASS_OF = classOfLabels();

function classOfLabels(): Uint8Array {
  const entries = Object.entries(LABELS).map(([label, name]) => [Number(label), name] as const);
  const map = new Uint8Array(Math.max(...entries.map(([label]) => label)) + 1).fill(NO_LABEL);
  for (const [label, name] of entries) map[label] = name === null ? UNKNOWN_LABEL : KITTI_CLASSES.names.indexOf(name);
  return map;
}

function checkLength({ length }: Uint8Array, expected: number, why: string): void {
  if (length !== expected) throw new FormatError(`found ${length} bytes, expected ${expected}, ${why}`);
}

/** Whether the bit of a voxel is set. */
function isSet(mask: Uint8Array, voxel: number): boolean {
  return (mask[voxel >> 3] & (0x80 >> (voxel & 7))) !== 0;
}

function bitsIn(mask: Uint8Array): number {
  return mask.reduce((sum, byte) => {
    for (; byte !== 0; byte &= byte - 1) sum++;
    return sum;
  }, 0);
}

function endingsOf<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(record) as Key[];
}
