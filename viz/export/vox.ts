/** MagicaVoxel `.vox` files. */
import { concatenate } from "../../base/bytes.ts";
import { UserError } from "../../base/errors.ts";
import { type ClassColor, PALETTE } from "../../data/classes.ts";
import { formatGrid, type Grid } from "../../data/grid.ts";

/** Version of the format that is written; newer programs read it. */
const VERSION = 150;
/** Most voxels along an axis of a model. */
const LARGEST_SIDE = 256;

/**
 * A volume as a MagicaVoxel file: one model with the palette of the classes, label `c` as colour index `c`.
 * MagicaVoxel's z is up, ours is y: voxel (x, y, z) is written as (x, W − 1 − z, y), which keeps left and right.
 *
 * Format: https://github.com/ephtracy/voxel-model/blob/master/MagicaVoxel-file-format-vox.txt
 *
 * @param labels `[D, H, W]`, C order.
 * @param palette colour of each label.
 * @throws {UserError} if an axis has more than 256 voxels.
 */
export function encodeVox(
  labels: Uint8Array,
  grid: Grid,
  palette: readonly ClassColor[] = PALETTE,
): Uint8Array<ArrayBuffer> {
  if (grid.some((size) => size > LARGEST_SIDE)) {
    throw new UserError(
      `a .vox model has at most ${LARGEST_SIDE} voxels along an axis, this volume is ${formatGrid(grid)}; ` +
        "choose another format (glb, ply, npy)",
    );
  }
  const [sizeX, sizeY, sizeZ] = grid;
  const filled = labels.reduce((count, label) => count + (label === 0 ? 0 : 1), 0);
  const voxels = new Uint8Array(4 + 4 * filled);
  new DataView(voxels.buffer).setUint32(0, filled, true);
  for (let x = 0, voxel = 0, at = 4; x < sizeX; x++) {
    for (let y = 0; y < sizeY; y++) {
      for (let z = 0; z < sizeZ; z++, voxel++) {
        if (labels[voxel] === 0) continue;
        voxels.set([x, sizeZ - 1 - z, y, labels[voxel]], at);
        at += 4;
      }
    }
  }
  const size = new Uint8Array(new Int32Array([sizeX, sizeZ, sizeY]).buffer);
  const colors = new Uint8Array(4 * 256);
  // Colour index i is entry i − 1.
  for (let index = 1; index < palette.length; index++) colors.set([...palette[index], 255], 4 * (index - 1));
  const children = [chunk("SIZE", size), chunk("XYZI", voxels), chunk("RGBA", colors)];
  const header = new Uint8Array([...ascii("VOX "), VERSION, 0, 0, 0]);
  const main = chunk("MAIN", new Uint8Array(), children.reduce((sum, { length }) => sum + length, 0));
  return concatenate([header, main, ...children]);
}

/** A chunk: its name, the lengths of its content and of its children, its content. Little endian. */
function chunk(name: string, content: Uint8Array, childrenBytes = 0): Uint8Array {
  const head = new Uint8Array(12);
  head.set(ascii(name));
  const view = new DataView(head.buffer);
  view.setUint32(4, content.length, true);
  view.setUint32(8, childrenBytes, true);
  return concatenate([head, content]);
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
