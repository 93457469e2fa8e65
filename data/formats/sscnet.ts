/** Scenes from SSCNet `.bin` files: 36 classes mapped to 12, 240 × 144 × 240 voxels reduced to 80 × 48 × 80. */
import { basename } from "@std/path";
import { readFile } from "../../base/files.ts";
import { downsample, type DownsampleRule, UNKNOWN_LABEL } from "./downsample.ts";
import { findFiles, hashFiles } from "../scenes/file_tree.ts";
import { FULL_GRID } from "../grid.ts";
import type { SceneSource } from "../scenes/scene_source.ts";
import { decodeSscnet, SSCNET_GRID, type SscnetVolume } from "./sscnet_format.ts";

/** Which class a door (SSCNet class 5) becomes; see {@link sscnetClassMap}. */
export type DoorClass = "objs" | "furn";

/** How SSCNet volumes become scenes. */
export interface SscnetOptions {
  /** Downsampling rule, default `sscnet`. */
  readonly rule?: DownsampleRule;
  /** Class of doors, default `objs`. */
  readonly doors?: DoorClass;
  /** Label 0..11 of voxels that are unknown after downsampling, default 0 (empty). */
  readonly unknown?: number;
}

/** SSCNet's own map of its 36 classes (and empty, 0) to 12. */
// deno-fmt-ignore
const CLASS_MAP = [
  0, 1, 2, 3, 4, 11, 5, 6, 7, 8, 8, 10, 10, 10, 11, 11, 9, 8, 11, 11, 11, 11, 11, 11, 11, 11, 11, 10, 10, 11, 8, 10, 11,
  9, 11, 11, 11,
];
const DOOR = 5;
const FURN = 10;
const DOWNSAMPLE_FACTOR = 3;

/**
 * Label 0..11 of every SSCNet value; 255 (unknown) stays.
 *
 * @param doors `objs` is the published map. The published scene images show doors as `furn` instead: a remap done in
 *   place, class after class, first turns 5 into 11 and later every 11 into 10.
 * @returns 256 labels, indexed by value.
 */
export function sscnetClassMap(doors: DoorClass = "objs"): Uint8Array {
  const map = new Uint8Array(256).fill(UNKNOWN_LABEL);
  map.set(CLASS_MAP);
  if (doors === "furn") map[DOOR] = FURN;
  return map;
}

/** Labels 0..11 `[80, 48, 80]` of a decoded volume. */
export function sscnetLabels(volume: SscnetVolume, options: SscnetOptions = {}): Uint8Array {
  const { rule = "sscnet", doors = "objs", unknown = 0 } = options;
  const map = sscnetClassMap(doors);
  const labels = downsample(volume.voxels.map((value) => map[value]), SSCNET_GRID, DOWNSAMPLE_FACTOR, rule);
  return labels.map((label) => label === UNKNOWN_LABEL ? unknown : label);
}

/**
 * Scenes of one `.bin` file, or of all in a folder and its direct subfolders. Files are decoded anew on every read,
 * about a tenth of a second each; `deno task data convert` does it once.
 *
 * @throws {UserError} if the path cannot be read or has no `.bin` file.
 */
export async function sscnetSource(path: string, options: SscnetOptions = {}): Promise<SceneSource> {
  const tree = await findFiles(path, [".bin"]);
  const { rule = "sscnet", doors = "objs", unknown = 0 } = options;
  const fileAt = (index: number): string => {
    const file = tree.files[index];
    if (file === undefined) throw new RangeError(`there is no scene ${index}, only ${tree.files.length}`);
    return file.path;
  };
  return {
    description: `${tree.files.length} SSCNet volumes in ${basename(tree.root)}`,
    grid: FULL_GRID,
    // Folders of volumes (NYUtrain, NYUtest) are no scenes, so their names must not form groups of a split.
    sceneIds: tree.files.map((file) => file.id.replaceAll("/", ".")),
    async read(index) {
      const path = fileAt(index);
      return sscnetLabels(decodeSscnet(await readFile(path), path), options);
    },
    job: (index) => ({ kind: "sscnet", path: fileAt(index), options: { rule, doors, unknown } }),
    async provenance(onProgress) {
      const files = await hashFiles(tree, onProgress);
      return { kind: "sscnet", origin: tree.root, options: { rule, doors, unknown }, files };
    },
    [Symbol.dispose]() {},
  };
}
