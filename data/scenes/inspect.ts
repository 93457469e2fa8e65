/** Describes a file for people, also one that is not a usable scene: that is when it is needed most. */
import { UserError } from "../../base/errors.ts";
import { readFile } from "../../base/files.ts";
import { classesFor } from "../class_file.ts";
import { type ClassSet, PAPER_CLASSES } from "../classes.ts";
import type { SceneFormat } from "../formats/decoded_source.ts";
import { UNKNOWN_LABEL } from "../formats/downsample.ts";
import { checkGrid, FULL_GRID, type Grid, voxelCount } from "../grid.ts";
import { toLabels } from "../labels.ts";
import { decodeNpy, type NpyArray, type NpyData } from "../formats/npy.ts";
import { parseNpyHeader } from "../formats/npy_header.ts";
import { decodedFormat, type SceneOptions } from "./open.ts";
import { PACK_ENDING } from "../formats/pack/pack.ts";
import { PackFile } from "../formats/pack/pack_file.ts";
import { paddedGrid } from "../formats/pad.ts";
import { classTable, topView } from "./report.ts";
import { sscnetLabels, type SscnetOptions } from "../formats/sscnet.ts";
import { decodeSscnet } from "../formats/sscnet_format.ts";
import { countClasses } from "./statistics.ts";

/**
 * Type, shape, range, class counts and a top view of an `.npy`, `.npz`, `.pack`, SSCNet `.bin`, OccScanNet `.pkl`,
 * MagicaVoxel `.vox`, `.glb` or `.obj` file.
 *
 * @param index which scene of a stack to show.
 * @throws {UserError} if the file cannot be read or decoded, or has no scene of that index.
 */
export async function inspectFile(path: string, index = 0, options: SceneOptions = {}): Promise<string> {
  if (path.toLowerCase().endsWith(PACK_ENDING)) return inspectPack(path, index);
  const bytes = await readFile(path);
  const format = decodedFormat(path, options);
  if (path.toLowerCase().endsWith(".bin")) return inspectSscnet(bytes, path, options);
  const classes = options.classes ?? await classesFor(path);
  return format ? await inspectDecoded(bytes, path, index, format, classes) : inspectNpy(bytes, path, index, classes);
}

function inspectNpy(bytes: Uint8Array, path: string, index: number, classes: ClassSet): string {
  const header = parseNpyHeader(bytes, path);
  const array = decodeNpy(bytes, path);
  const order = `${header.fortranOrder ? "Fortran" : "C"} order, ${header.bigEndian ? "big" : "little"} endian`;
  const { lowest, highest, notFinite } = rangeOf(array.data);
  const lines = [
    `file    ${path}, ${bytes.length} bytes`,
    `shape   [${array.shape.join(", ")}]`,
    `dtype   ${array.dtype}, ${order}`,
    `range   ${array.data.length === 0 ? "no elements" : `${lowest} to ${highest}`}` +
    (notFinite > 0 ? `, ${notFinite} not finite` : ""),
  ];
  return [...lines, "", ...describeLabels(array, path, index, classes)].join("\n") + "\n";
}

function rangeOf(data: NpyData): { lowest: number | bigint; highest: number | bigint; notFinite: number } {
  let [lowest, highest]: [number | bigint, number | bigint] = [Infinity, -Infinity];
  let notFinite = 0;
  for (const value of data as Iterable<number | bigint>) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    if (typeof value === "number" && !Number.isFinite(value)) notFinite++;
  }
  return { lowest, highest, notFinite };
}

/** The scene of an array if it holds labels, else why it does not. */
function describeLabels({ shape, data }: NpyArray, path: string, index: number, classes: ClassSet): string[] {
  if (shape.length !== 3 && shape.length !== 4) {
    return [`no scene: ${shape.length} axes, expected [x, y, z] or [n, x, y, z]`];
  }
  const count = shape.length === 4 ? shape[0] : 1;
  if (index >= count) throw new UserError(`${path}: there is no scene ${index}, only ${count}; --index counts from 0`);
  const grid: Grid = [shape[shape.length - 3], shape[shape.length - 2], shape[shape.length - 1]];
  const voxels = voxelCount(grid);
  try {
    const labels = toLabels(data.subarray(index * voxels, (index + 1) * voxels), path, grid, classes.names.length);
    const title = shape.length === 4 ? [`scene ${index} of ${count}`] : [];
    return [...title, ...gridProblem(grid, path), ...describeScene(labels, grid, classes)];
  } catch (problem) {
    if (problem instanceof UserError) return [`no scene: ${problem.message}`];
    throw problem;
  }
}

function gridProblem(grid: Grid, path: string): string[] {
  try {
    checkGrid(grid, path);
    return [];
  } catch (problem) {
    if (problem instanceof UserError) return [`not usable for the networks: ${problem.message}`];
    throw problem;
  }
}

function describeScene(labels: Uint8Array, grid: Grid, classes: ClassSet): string[] {
  const counts = countClasses(labels, new Float64Array(classes.names.length));
  const hasCeiling = classes.names.includes("ceiling");
  return [
    classTable(counts, classes),
    "",
    `from above${hasCeiling ? ", without the ceiling" : ""}:`,
    topView(labels, grid, classes),
  ];
}

async function inspectDecoded(
  bytes: Uint8Array,
  path: string,
  index: number,
  format: SceneFormat,
  classes: ClassSet,
): Promise<string> {
  const scenes = await format.decode(bytes, path, classes);
  const scene = scenes[index];
  if (!scene) throw new UserError(`${path}: there is no scene ${index}, only ${scenes.length}; --index counts from 0`);
  const padded = paddedGrid(scene.grid), grows = padded.some((size, axis) => size !== scene.grid[axis]);
  return [
    `file    ${path}, ${bytes.length} bytes, ${scenes.length} scene${scenes.length === 1 ? "" : "s"}`,
    `scene   ${index}${scene.name && ` (${scene.name})`}, [${scene.grid.join(", ")}]` +
    (grows ? `, as a scene with empty voxels at the far ends [${padded.join(", ")}]` : ""),
    ...(scene.notes ?? []).map((note) => `note    ${note}`),
    "",
    ...describeScene(scene.labels, scene.grid, classes),
  ].join("\n") + "\n";
}

function inspectPack(path: string, index: number): string {
  using pack = PackFile.open(path);
  const { ids, grid, provenance } = pack.index;
  if (!(index in ids)) {
    throw new UserError(`${path}: there is no scene ${index}, only ${ids.length}; --index counts from 0`);
  }
  const ratio = voxelCount(grid) * ids.length / pack.bytes;
  return [
    `file    ${path}, ${pack.bytes} bytes, ${ids.length} scenes [${grid.join(", ")}], ${ratio.toFixed(1)} to 1`,
    `from    ${provenance.kind}, ${provenance.origin}`,
    `scene   ${index} (${ids[index]}), fingerprint ${pack.index.fingerprint(index)}`,
    "",
    ...describeScene(pack.read(index), grid, pack.classes),
  ].join("\n") + "\n";
}

function inspectSscnet(bytes: Uint8Array, path: string, options: SscnetOptions): string {
  const volume = decodeSscnet(bytes, path);
  const unknown = volume.voxels.reduce((count, value) => count + Number(value === UNKNOWN_LABEL), 0);
  const numbers = (values: Float32Array) => Array.from(values, (value) => value.toFixed(3)).join(" ");
  const { rule = "sscnet", doors = "objs" } = options;
  return [
    `file    ${path}, ${bytes.length} bytes, ${volume.runs} runs`,
    `shape   [240, 144, 240] SSCNet classes, ${(100 * unknown / volume.voxels.length).toFixed(2)} % unknown`,
    `origin  ${numbers(volume.origin)} (metres)`,
    `camera  ${numbers(volume.pose)} (camera to world, row by row)`,
    "",
    `reduced to [${FULL_GRID.join(", ")}] by the rule ${rule}, doors as ${doors}:`,
    ...describeScene(sscnetLabels(volume, options), FULL_GRID, PAPER_CLASSES),
  ].join("\n") + "\n";
}
