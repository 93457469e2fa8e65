/** One scene of an `.npy` file, described so that a worker can read it too. */
import { ioError, UserError } from "../../base/errors.ts";
import type { ClassSet } from "../classes.ts";
import { resizeLabels, type Resizing } from "./resize.ts";
import { type Grid, voxelCount } from "../grid.ts";
import { fromOneHot, renumbered, toLabels } from "../labels.ts";
import { decodeNpyData, type NpyArray, type NpyHeader, readNpy } from "./npy.ts";
import { NPY_ITEM_BYTES } from "./npy_header.ts";
import type { SceneJob } from "../scenes/scene_source.ts";

/** A scene of an `.npy` file, in plain data. */
export interface NpySceneJob extends SceneJob {
  /** The file. */
  readonly path: string;
  /** Size of the scene in the file. */
  readonly grid: Grid;
  /** Size that it gets. */
  readonly resized: Grid;
  /** How. */
  readonly resize: Resizing;
  /** What the labels stand for. */
  readonly classes: ClassSet;
  /** New label of each label in the file; null if they are the same. */
  readonly renumber: Uint8Array | null;
  /** Header of a stack in C order, and which of its scenes; null for a file of one scene. */
  readonly slice: { readonly header: NpyHeader; readonly index: number } | null;
  /** Whether the file has a volume of 0 and 1 per class instead. */
  readonly oneHot: boolean;
}

/** Labels `[D, H, W]`. @throws {UserError} if the file cannot be read, or has a wrong shape or label. */
export async function readNpyScene(job: NpySceneJob): Promise<Uint8Array<ArrayBuffer>> {
  const { path, grid, classes, slice, oneHot } = job;
  if (oneHot) {
    const labels = fromOneHot((await readWhole(path, [classes.names.length, ...grid])).data, classes.names.length);
    if (labels) return toScene(labels, job);
    throw new UserError(`${path} changed while it was in use; start again`);
  }
  const { data, name } = slice
    ? { data: (await readSlice(path, slice.header, slice.index)).data, name: `${path}, scene ${slice.index}` }
    : { data: (await readWhole(path, grid)).data, name: path };
  return toScene(toLabels(data, name, grid, classes), job);
}

/** Labels of a file as the scene has them. */
export function toScene(
  labels: Uint8Array<ArrayBuffer>,
  { grid, resized, resize, renumber }: Pick<NpySceneJob, "grid" | "resized" | "resize" | "renumber">,
): Uint8Array<ArrayBuffer> {
  return resizeLabels(renumbered(labels, renumber), grid, resized, resize);
}

/** A whole file. @throws {UserError} as {@link readNpyScene}. */
export async function readWhole(path: string, shape: readonly number[]): Promise<NpyArray> {
  const array = await readNpy(path);
  if (array.shape.join() === shape.join()) return array;
  throw new UserError(
    `${path} has shape [${array.shape.join(", ")}], expected [${shape.join(", ")}] like the others; keep scenes of ` +
      `one grid in a folder, and start again if files changed`,
  );
}

/** Scene `index` of a stack in C order, without the others. @throws {UserError} if the file cannot be read. */
export async function readSlice(path: string, header: NpyHeader, index: number): Promise<NpyArray> {
  const shape = header.shape.slice(-3), [x, y, z] = shape, length = voxelCount([x, y, z]);
  const bytes = new Uint8Array(length * NPY_ITEM_BYTES[header.dtype]);
  let read = 0;
  try {
    using file = await Deno.open(path);
    await file.seek(header.dataOffset + index * bytes.length, Deno.SeekMode.Start);
    for (let n: number | null = 0; n !== null && read < bytes.length; read += n ?? 0) {
      n = await file.read(bytes.subarray(read));
    }
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
  if (read < bytes.length) throw new UserError(`${path} changed while it was in use; start again`);
  return decodeNpyData(bytes, { ...header, shape, length, dataBytes: bytes.length });
}
