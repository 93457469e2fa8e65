/** Label volumes in `.npy` files, read one at a time: a single `[D, H, W]` or a stack `[n, D, H, W]`. */
import { basename } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { classesFor } from "../../data/class_file.ts";
import type { ClassSet } from "../../data/classes.ts";
import { formatGrid, type Grid, voxelCount } from "../../data/grid.ts";
import { emptyWhereUnknown, toLabels } from "../../data/labels.ts";
import { type NpyHeader, readNpy, readNpyHeader } from "../../data/formats/npy.ts";
import { readSlice } from "../../data/formats/npy_scene.ts";

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
    return new VolumeFile(path, await readNpyHeader(path), classes ?? await classesFor(path));
  }

  /** What files made of a volume are called: the name of its file without the ending, and the index in a stack. */
  stem(index: number): string {
    return `${basename(this.path).replace(/\.npy$/i, "")}${this.stacked ? `-${index}` : ""}`;
  }

  /** Labels `[D, H, W]` of one volume, unknown voxels as empty ones. @throws {UserError} if there is no such volume or it holds other numbers. */
  async read(index: number): Promise<Uint8Array> {
    const { path, grid, count } = this;
    const header = this.#header;
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      const there = count === 0 ? "none" : count === 1 ? "one, index 0" : `${count}, indices 0 to ${count - 1}`;
      throw new UserError(`${path} has no volume ${index}; it holds ${there}`);
    }
    const voxels = voxelCount(grid);
    const { data } = header.fortranOrder
      ? { data: (await readNpy(path)).data.subarray(index * voxels, (index + 1) * voxels) }
      : await readSlice(path, header, index);
    return emptyWhereUnknown(toLabels(data, count === 1 ? path : `${path}, volume ${index}`, grid, this.classes));
  }
}
