/** Classes of label volumes; the published twelve: names, colours and how often the author's scenes have them. */

/**
 * Label of a voxel of which nothing is known, in files, packs and batches: no camera saw it, or nobody said what it is.
 * Networks see zeros there, losses and measures leave it out, views show it as empty. Never that of a class.
 */
export const UNKNOWN_LABEL = 255;

/** Red, green, blue, 0..255. */
export type ClassColor = readonly [red: number, green: number, blue: number];

/** The classes of a data set by label. Class 0 is empty space, which is not drawn; there are 2 to 255. */
export interface ClassSet {
  /** Name of each class, all different. */
  readonly names: readonly string[];
  /** Colour of each class, all different. */
  readonly palette: readonly ClassColor[];
  /** File that tells these classes; none tells the published ones. */
  readonly file?: string;
  /** What other labels in files become, a class or {@link UNKNOWN_LABEL}, which stays as it is unless it is named here. */
  readonly unknown?: Readonly<Record<number, number>>;
}

/** Class names by label, 0..11; "objs" is everything small that has no class of its own. */
export const CLASS_NAMES = [
  "empty",
  "ceiling",
  "floor",
  "wall",
  "window",
  "chair",
  "bed",
  "sofa",
  "table",
  "tvs",
  "furn",
  "objs",
] as const;

/** The classes that make the room itself; all others stand, hang or lie in it. Classes are known by these names. */
export const ROOM_CLASS_NAMES: readonly string[] = CLASS_NAMES.slice(1, 5);

/** Number of classes, 12. */
export const CLASS_COUNT: 12 = CLASS_NAMES.length;

/** Colour of each class as red, green, blue, 0..255: the published palette, rounded. Class 0 (empty) is not drawn. */
export const PALETTE: readonly ClassColor[] = [
  [23, 191, 207],
  [214, 38, 41],
  [43, 161, 43],
  [158, 217, 230],
  [115, 158, 207],
  [204, 204, 92],
  [255, 186, 120],
  [148, 102, 189],
  [31, 120, 181],
  [189, 189, 33],
  [255, 128, 13],
  [196, 176, 214],
];

/** Average share of each class in the voxels of the paper's data set, in per cent. */
export const PAPER_OCCUPANCY_PERCENT: readonly number[] = [
  92.466,
  0.945,
  1.103,
  1.963,
  0.337,
  0.070,
  0.368,
  0.378,
  0.107,
  0.009,
  1.406,
  0.846,
];

/** The published classes: what scenes have unless a file says otherwise. */
export const PAPER_CLASSES: ClassSet = { names: CLASS_NAMES, palette: PALETTE };

/** Whether something is known to be in a voxel of this label. */
export function isFilled(label: number): boolean {
  return label !== 0 && label !== UNKNOWN_LABEL;
}

/** Whether two sets have the same classes in the same order; colours may differ. */
export function sameClasses(one: ClassSet, other: ClassSet): boolean {
  return one.names.length === other.names.length && one.names.every((name, label) => name === other.names[label]);
}

/** Names of the classes, and the file that tells them. */
export function describeClasses({ names, file }: ClassSet): string {
  return names.join(", ") + (file === undefined ? "" : ` (of ${file})`);
}
