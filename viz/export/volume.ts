import { encodeNpy } from "../../data/formats/npy.ts";
import { type ClassSet, PAPER_CLASSES } from "../../data/classes.ts";
import { type Grid, voxelMetresOf } from "../../data/grid.ts";
import type { ExportFormat } from "./formats.ts";
import { encodeGlb } from "./glb.ts";
import { encodeObj } from "./obj.ts";
import { encodePly } from "./ply.ts";
import { encodeVox } from "./vox.ts";

/**
 * The bytes of a file that holds one volume; `npy` is uint8 `[D, H, W]`.
 *
 * @param labels `[D, H, W]`, C order.
 * @param metres edge of a voxel in meshes; 4.8 m divided by the grid's x if left out.
 * @param classes what the labels stand for.
 * @param watertight whether the faces of meshes share their corners and meet edge to edge.
 * @throws {UserError} if the format cannot hold a volume of that size.
 */
export async function encodeVolume(
  labels: Uint8Array,
  grid: Grid,
  format: ExportFormat,
  metres: number = voxelMetresOf(grid),
  classes: ClassSet = PAPER_CLASSES,
  watertight = false,
): Promise<Uint8Array<ArrayBuffer>> {
  switch (format) {
    case "vox":
      return encodeVox(labels, grid, classes.palette);
    case "glb":
      return await encodeGlb(labels, grid, metres, classes, watertight);
    case "ply":
      return encodePly(labels, grid, metres, classes.palette, watertight);
    case "obj":
      return encodeObj(labels, grid, metres, classes, watertight);
    case "npy":
      return encodeNpy({ dtype: "uint8", shape: grid, data: labels });
  }
}
