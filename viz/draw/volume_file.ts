/** Label volumes in `.npy` files, read one at a time: a single `[D, H, W]` or a stack `[n, D, H, W]`. */
import { ioError, UserError } from "../../base/errors.ts";
import { classesFor } from "../../data/class_file.ts";
import type { ClassSet } from "../../data/classes.ts";
import { formatGrid, type Grid, voxelCount } from "../../data/grid.ts";
import { toLabels } from "../../data/labels.ts";
import { decodeNpyData, type NpyData, type NpyHeader, readNpy } from "../../data/formats/npy.ts";
import { NPY_HEADER_PROBE_BYTES, NPY_ITEM_BYTES, parseNpyHeader } from "../../data/formats/npy_header.ts";

/** Most voxels of a volume that this room draws. */
const MOST_VOXELS = 2 ** 26;

/** A file of one or more volumes, all of one grid. */
export class VolumeFile {
  readonly #header: NpyHeader;
  /** Size of each volume. */
  readonly grid: Grid;
  /** Number of volumes. */
  readonly count: number;
  /** True if the file is a stack with a first axis for the volume. */
  readonly stacked: boolean;

  private constructor(
    readonly path: string,
    header: NpyHeader,
    /** What the labels stand for. */
    readonly classes: ClassSet,
  ) {
    const { shape } = header;
    if (shape.length !== 3 && shape.length !== 4) {
      throw new UserError(`${path}: shape [${shape.join(", ")}], expected a volume [D, H, W] or a stack [n, D, H, W]`);
    }
    const [x, y, z] = shape.slice(-3);
    const voxels = voxelCount([x, y, z]);
    if (voxels === 0 || voxels > MOST_VOXELS) {
      throw new UserError(`${path}: a volume of ${formatGrid([x, y, z])} voxels, expected 1 to ${MOST_VOXELS}`);
    }
    this.#header = header;
    this.grid = [x, y, z];
    this.stacked = shape.length === 4;
    this.count = this.stacked ? shape[0] : 1;
  }

  /**
   * Reads the header.
   *
   * @param classes what the labels stand for; what `findClasses` finds beside the file if left out.
   * @throws {UserError} if the file cannot be read or does not hold volumes.
   */
  static async open(path: string, classes?: ClassSet): Promise<VolumeFile> {
    const header = await withFile(path, async (file) => {
      const { size } = await file.stat();
      const header = parseNpyHeader(await readBytes(file, 0, Math.min(size, NPY_HEADER_PROBE_BYTES)), path);
      if (size !== header.dataOffset + header.dataBytes) {
        throw new UserError(
          `${path}: shape [${header.shape}] of ${header.dtype} takes ${header.dataBytes} bytes after the header, ` +
            `found ${size - header.dataOffset}; write the file again`,
        );
      }
      return header;
    });
    return new VolumeFile(path, header, classes ?? await classesFor(path));
  }

  /** Labels `[D, H, W]` of one volume. @throws {UserError} if there is no such volume or it holds other numbers. */
  async read(index: number): Promise<Uint8Array> {
    const { path, grid, count } = this;
    const header = this.#header;
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      const there = count === 0 ? "none" : count === 1 ? "one, index 0" : `${count}, indices 0 to ${count - 1}`;
      throw new UserError(`${path} has no volume ${index}; it holds ${there}`);
    }
    const voxels = voxelCount(grid);
    const itemBytes = NPY_ITEM_BYTES[header.dtype];
    let data: NpyData;
    if (header.fortranOrder) {
      data = (await readNpy(path)).data.subarray(index * voxels, (index + 1) * voxels);
    } else {
      const start = header.dataOffset + index * voxels * itemBytes;
      const bytes = await withFile(path, (file) => readBytes(file, start, voxels * itemBytes));
      data = decodeNpyData(bytes, { ...header, shape: grid, length: voxels, dataBytes: bytes.length }).data;
    }
    return toLabels(data, count === 1 ? path : `${path}, volume ${index}`, grid, this.classes.names.length);
  }
}

async function withFile<T>(path: string, use: (file: Deno.FsFile) => Promise<T>): Promise<T> {
  try {
    using file = await Deno.open(path);
    return await use(file);
  } catch (cause) {
    throw cause instanceof UserError ? cause : ioError(path, "read", cause);
  }
}

/** `length` bytes from `start` on, or fewer if the file ends before. */
async function readBytes(file: Deno.FsFile, start: number, length: number): Promise<Uint8Array> {
  await file.seek(start, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const read = await file.read(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
