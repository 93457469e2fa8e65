/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** How much of the space around each voxel is filled: what soft shadows in corners are made from. */
import type { Grid } from "../../../data/grid.ts";

/** Half the width of the cube around a voxel that counts. */
const CROWDING_RADIUS = 2;
/** Empty voxels around the volume. */
export const CROWDING_MARGIN = 1;

/**
 * The filled share, 0–255, of the 5³ voxels around each voxel of a volume and of a margin of one voxel around it:
 * `[D + 2, H + 2, W + 2]`, in C order. Three running sums, one per axis.
 */
export function crowding(labels: Uint8Array, grid: Grid): Uint8Array {
  const size = grid.map((each) => each + 2 * CROWDING_MARGIN);
  const strides = [size[1] * size[2], size[2], 1];
  let from = new Uint8Array(size[0] * size[1] * size[2]), to = new Uint8Array(from.length);
  for (let x = 0, voxel = 0; x < grid[0]; x++) {
    for (let y = 0; y < grid[1]; y++) {
      let at = (x + 1) * strides[0] + (y + 1) * strides[1] + 1;
      for (let z = 0; z < grid[2]; z++) from[at++] = labels[voxel++] === 0 ? 0 : 1;
    }
  }
  for (let axis = 0; axis < 3; axis++) {
    const stride = strides[axis], length = size[axis];
    const rows = [0, 1, 2].filter((each) => each !== axis);
    for (let i = 0; i < size[rows[0]]; i++) {
      for (let j = 0; j < size[rows[1]]; j++) {
        const start = i * strides[rows[0]] + j * strides[rows[1]];
        let sum = 0;
        for (let k = 0; k < CROWDING_RADIUS; k++) sum += from[start + k * stride];
        for (let k = 0; k < length; k++) {
          if (k + CROWDING_RADIUS < length) sum += from[start + (k + CROWDING_RADIUS) * stride];
          if (k > CROWDING_RADIUS) sum -= from[start + (k - CROWDING_RADIUS - 1) * stride];
          to[start + k * stride] = sum;
        }
      }
    }
    [from, to] = [to, from];
  }
  const most = (2 * CROWDING_RADIUS + 1) ** 3;
  for (let i = 0; i < from.length; i++) from[i] = Math.round(from[i] * 255 / most);
  return from;
}
