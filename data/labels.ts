/** Labels: whole numbers from 0, one per class, one byte per voxel. */
import { UserError } from "../base/errors.ts";
import { CLASS_COUNT, type ClassSet, PAPER_CLASSES, UNKNOWN_LABEL } from "./classes.ts";
import type { Grid } from "./grid.ts";
import type { NpyData } from "./formats/npy.ts";
import { unknownRemedy } from "./unknown_labels.ts";

/** A file with more labels of no class has other classes, or no labels at all. */
const MOST_UNKNOWN = 4;

/**
 * Checks that every label is a class, or unknown.
 *
 * @param name names the file in the error.
 * @param grid if given, the error names the voxel as [x, y, z] instead of by its flat index.
 * @param classCount number of classes.
 * @throws {UserError} that names the first label that is none and where it is.
 */
export function checkLabels(labels: Uint8Array, name: string, grid?: Grid, classCount: number = CLASS_COUNT): void {
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] >= classCount && labels[i] !== UNKNOWN_LABEL) {
      throw badLabel(name, labels[i], i, grid, `0 to ${classCount - 1}`);
    }
  }
}

/** The error for a value that is not a class, found at flat index `position`. */
function badLabel(
  name: string,
  value: number | bigint,
  position: number,
  grid: Grid | undefined,
  expected: string,
  others: readonly (number | bigint)[] = [],
): UserError {
  const voxel = grid
    ? `[${Math.floor(position / (grid[1] * grid[2]))}, ${Math.floor(position / grid[2]) % grid[1]}, ${
      position % grid[2]
    }]`
    : `${position}`;
  const remedy = others.length === 0 ? "" : `; ${unknownRemedy(others)}`;
  return new UserError(`${name}: label ${value} at voxel ${voxel}, expected whole numbers ${expected}${remedy}`);
}

/** The whole numbers that are labels of no class, ascending; none where there are so many that they are no labels. */
function othersIn(
  data: NpyData,
  classCount: number,
  unknown: Readonly<Record<number, number>>,
): (number | bigint)[] {
  const others = new Set<number | bigint>();
  for (const value of data as Iterable<number | bigint>) {
    if (value >= 0 && value < classCount && Number.isInteger(Number(value))) continue;
    if (!Number.isSafeInteger(Number(value))) return [];
    if (unknown[Number(value)] === undefined) others.add(value);
    if (others.size > MOST_UNKNOWN) return [];
  }
  return [...others].sort((a, b) => Number(a) - Number(b));
}

/**
 * Copies numbers of any type into labels; {@link UNKNOWN_LABEL} stays unless the classes say what it becomes.
 *
 * @param name names the file in the error.
 * @param grid if given, the error names the voxel as [x, y, z] instead of by its flat index.
 * @param classes what the labels stand for.
 * @throws {UserError} that names the first number that is not a class, where it is, and who says what the classes are.
 */
export function toLabels(
  data: NpyData,
  name: string,
  grid?: Grid,
  { names, file, unknown: others }: Pick<ClassSet, "names" | "file" | "unknown"> = PAPER_CLASSES,
): Uint8Array<ArrayBuffer> {
  const labels = new Uint8Array(data.length), classCount = names.length;
  const unknown: Readonly<Record<number, number>> = { [UNKNOWN_LABEL]: UNKNOWN_LABEL, ...others };
  const known = (i: number): number => {
    const label = unknown[Number(data[i])];
    if (label !== undefined) return label;
    const expected = `0 to ${classCount - 1}${file === undefined ? "" : `, the classes of ${file}`}`;
    throw badLabel(name, data[i], i, grid, expected, othersIn(data, classCount, unknown));
  };
  if (data instanceof Uint8Array) {
    labels.set(data);
    for (let i = 0; i < data.length; i++) if (data[i] >= classCount) labels[i] = known(i);
  } else if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    // As pairs of words, the lower one first: a bigint for every voxel would take most of the time of reading a scene.
    const words = new Uint32Array(data.buffer, data.byteOffset, 2 * data.length);
    for (let i = 0; i < labels.length; i++) {
      labels[i] = words[2 * i];
      if (words[2 * i] >= classCount || words[2 * i + 1] !== 0) labels[i] = known(i);
    }
  } else {
    for (let i = 0; i < data.length; i++) {
      labels[i] = data[i];
      // Unequal after the round trip: a fraction, a negative or large number, or not a number.
      if (labels[i] !== data[i] || labels[i] >= classCount) labels[i] = known(i);
    }
  }
  return labels;
}

/** Labels by a table of the new label of each class; unknown voxels stay unknown. */
export function renumbered(labels: Uint8Array<ArrayBuffer>, table: Uint8Array | null): Uint8Array<ArrayBuffer> {
  return table ? labels.map((label) => label === UNKNOWN_LABEL ? label : table[label]) : labels;
}

/**
 * Labels with empty voxels where those of `real`, which may be another scene, are unknown; the same array if none is.
 * What a network makes of a scene is compared with it in this way.
 */
export function emptyWhereUnknown(labels: Uint8Array, real: Uint8Array = labels): Uint8Array {
  return real.includes(UNKNOWN_LABEL) ? labels.map((label, i) => real[i] === UNKNOWN_LABEL ? 0 : label) : labels;
}

/**
 * The scene in a stack `[C, D, H, W]` of one volume of 0 and 1 per class, of which one is 1 at every voxel.
 *
 * @returns labels `[D, H, W]`; null if the numbers are anything else.
 */
export function fromOneHot(data: NpyData, classCount: number): Uint8Array<ArrayBuffer> | null {
  const voxels = data.length / classCount, labels = new Uint8Array(voxels).fill(UNKNOWN_LABEL);
  for (let label = 0; label < classCount; label++) {
    for (let voxel = 0; voxel < voxels; voxel++) {
      const value = Number(data[label * voxels + voxel]);
      if (value === 0) continue;
      if (value !== 1 || labels[voxel] !== UNKNOWN_LABEL) return null;
      labels[voxel] = label;
    }
  }
  return labels.includes(UNKNOWN_LABEL) ? null : labels;
}
