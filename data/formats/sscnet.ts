/** Scenes from SSCNet `.bin` files: 36 classes mapped to 12, 240 × 144 × 240 voxels reduced to 80 × 48 × 80. */
import { basename } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { readFile } from "../../base/files.ts";
import { counted } from "../../base/text.ts";
import { describeClasses, PAPER_CLASSES, sameClasses, UNKNOWN_LABEL } from "../classes.ts";
import { downsample, type DownsampleRule } from "./downsample.ts";
import { type FileTree, findFiles, hashFiles } from "../scenes/file_tree.ts";
import { FULL_GRID } from "../grid.ts";
import { checkSceneIndex, describeScene } from "../scenes/report.ts";
import type { LabelOptions, SceneKind } from "../scenes/scene_kind.ts";
import type { SceneJob, SceneSource } from "../scenes/scene_source.ts";
import { decodeSscnet, SSCNET_GRID, type SscnetVolume } from "./sscnet_format.ts";

/** Which class a door (SSCNet class 5) becomes; see {@link sscnetClassMap}. */
export type DoorClass = "objs" | "furn";

/** How SSCNet volumes become scenes. */
export interface SscnetOptions {
  /** Downsampling rule, default `sscnet`. */
  readonly rule?: DownsampleRule;
  /** Class of doors, default `objs`. */
  readonly doors?: DoorClass;
  /** What voxels become that are unknown after downsampling: a label 0..11; unknown if left out. */
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

/** Labels 0..11 and {@link UNKNOWN_LABEL} `[80, 48, 80]` of a decoded volume. */
export function sscnetLabels(volume: SscnetVolume, options: SscnetOptions = {}): Uint8Array {
  const { rule = "sscnet", doors = "objs", unknown = UNKNOWN_LABEL } = options;
  const map = sscnetClassMap(doors);
  const labels = downsample(volume.voxels.map((value) => map[value]), SSCNET_GRID, DOWNSAMPLE_FACTOR, rule);
  return labels.map((label) => label === UNKNOWN_LABEL ? unknown : label);
}

/** An SSCNet volume to decode. */
export interface SscnetSceneJob extends SceneJob {
  /** The file. */
  readonly path: string;
  /** How it becomes a scene. */
  readonly options: SscnetOptions;
}

/**
 * `.bin` files. They are decoded anew on every read, about a tenth of a second each; `deno task data convert` does it
 * once.
 */
export const SSCNET_KIND: SceneKind<LabelOptions & SscnetOptions> = {
  kind: "sscnet",
  endings: [".bin"],
  data: [
    { name: "NYUv2, NYUCAD as SSCNet has them", from: "github.com/shurans/sscnet", licence: "for research" },
    { name: "SUNCG", from: "withdrawn in 2019", licence: "SUNCG's terms" },
  ],
  open: sscnetOf,
  inspect: inspectSscnet,
  readScene: readSscnet,
};

/** Scenes of one `.bin` file, or of all in a folder. @throws {UserError} if it cannot be read or has no such file. */
export async function sscnetSource(path: string, options: SscnetOptions = {}): Promise<SceneSource> {
  return sscnetOf(await findFiles(path, SSCNET_KIND.endings), options);
}

function sscnetOf(tree: FileTree, options: LabelOptions & SscnetOptions): SceneSource {
  const { rule = "sscnet", doors = "objs", classes = PAPER_CLASSES } = options;
  const { unknown = classes.unknown?.[UNKNOWN_LABEL] ?? UNKNOWN_LABEL } = options;
  if (!sameClasses(classes, PAPER_CLASSES)) {
    throw new UserError(
      `${tree.root}: SSCNet volumes become scenes of the published classes, not of ${
        describeClasses(classes)
      }; leave ` +
        `out --classes`,
    );
  }
  const job = (index: number): SscnetSceneJob => {
    const file = tree.files[index];
    if (file === undefined) throw new RangeError(`there is no scene ${index}, only ${tree.files.length}`);
    return { kind: "sscnet", path: file.path, options: { rule, doors, unknown } };
  };
  return {
    description: `${counted(tree.files.length, "SSCNet volume")} in ${basename(tree.root)}`,
    grid: FULL_GRID,
    // Folders of volumes (NYUtrain, NYUtest) are no scenes, so their names must not form groups of a split.
    sceneIds: tree.files.map((file) => file.id.replaceAll("/", ".")),
    read: async (index) => await readSscnet(job(index)),
    job,
    async provenance(onProgress) {
      const files = await hashFiles(tree, onProgress);
      return { kind: "sscnet", origin: tree.root, options: { rule, doors, unknown }, files };
    },
    [Symbol.dispose]() {},
  };
}

async function readSscnet({ path, options }: SscnetSceneJob): Promise<Uint8Array> {
  return sscnetLabels(decodeSscnet(await readFile(path), path), options);
}

async function inspectSscnet(path: string, index: number, options: SscnetOptions): Promise<string> {
  checkSceneIndex(path, index, 1);
  const bytes = await readFile(path), volume = decodeSscnet(bytes, path);
  const unknown = volume.voxels.reduce((count, value) => count + Number(value === UNKNOWN_LABEL), 0);
  const numbers = (values: Float32Array) => Array.from(values, (value) => value.toFixed(3)).join(" ");
  const { rule = "sscnet", doors = "objs" } = options;
  return [
    `file    ${path}, ${bytes.length} bytes, ${counted(volume.runs, "run")}`,
    `shape   [${SSCNET_GRID.join(", ")}] SSCNet classes, ${
      (100 * unknown / volume.voxels.length).toFixed(2)
    } % unknown`,
    `origin  ${numbers(volume.origin)} (metres)`,
    `camera  ${numbers(volume.pose)} (camera to world, row by row)`,
    "",
    `reduced to [${FULL_GRID.join(", ")}] by the rule ${rule}, doors as ${doors}:`,
    ...describeScene(sscnetLabels(volume, options), FULL_GRID, PAPER_CLASSES),
  ].join("\n") + "\n";
}
