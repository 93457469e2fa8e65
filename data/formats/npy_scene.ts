/** One scene of an `.npy` file, described so that a worker can read it too. */
import { ioError, UserError } from "../../base/errors.ts";
import { type Grid, voxelCount } from "../grid.ts";
import { toLabels } from "../labels.ts";
import { decodeNpyData, type NpyHeader, readNpy } from "./npy.ts";
import { NPY_ITEM_BYTES } from "./npy_header.ts";

/** A scene of an `.npy` file, in plain data. */
export interface NpySceneJob {
  /** Tells it from other jobs. */
  readonly kind: "npy";
  /** The file. */
  readonly path: string;
  /** Size of the scene. */
  readonly grid: Grid;
  /** Number of classes. */
  readonly classCount: number;
  /** New label of each label in the file; null if they are the same. */
  readonly renumber: Uint8Array | null;
  /** Header of a stack in C order, and which of its scenes; null for a file of one scene. */
  readonly slice: { readonly header: NpyHeader; readonly index: number } | null;
}

/** Labels `[D, H, W]`. @throws {UserError} if the file cannot be read, or has a wrong shape or label. */
export async function readNpyScene(job: NpySceneJob): Promise<Uint8Array<ArrayBuffer>> {
  const { path, grid, classCount, renumber, slice } = job;
  const labels = slice
    ? await readSlice(path, slice.header, slice.index, grid, classCount)
    : await readWhole(path, grid, classCount, grid);
  return renumber ? labels.map((label) => renumber[label]) : labels;
}

/** Labels of a whole file. @throws {UserError} as {@link readNpyScene}. */
export async function readWhole(
  path: string,
  shape: readonly number[],
  classCount: number,
  grid?: Grid,
): Promise<Uint8Array<ArrayBuffer>> {
  const array = await readNpy(path);
  if (array.shape.join() !== shape.join()) {
    throw new UserError(
      `${path} has shape [${array.shape.join(", ")}], expected [${shape.join(", ")}] like the others; keep scenes of ` +
        `one grid in a folder, and start again if files changed`,
    );
  }
  return toLabels(array.data, path, grid, classCount);
}

async function readSlice(
  path: string,
  header: NpyHeader,
  slice: number,
  grid: Grid,
  classCount: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = voxelCount(grid);
  const bytes = new Uint8Array(length * NPY_ITEM_BYTES[header.dtype]);
  let read = 0;
  try {
    using file = await Deno.open(path);
    await file.seek(header.dataOffset + slice * bytes.length, Deno.SeekMode.Start);
    for (let n: number | null = 0; n !== null && read < bytes.length; read += n ?? 0) {
      n = await file.read(bytes.subarray(read));
    }
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
  if (read < bytes.length) throw new UserError(`${path} changed while it was in use; start again`);
  const { data } = decodeNpyData(bytes, { ...header, shape: grid, length, dataBytes: bytes.length });
  return toLabels(data, `${path}, scene ${slice}`, grid, classCount);
}
