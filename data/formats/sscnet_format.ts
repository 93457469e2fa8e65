/**
 * The `.bin` volumes of SSCNet (Song et al., "Semantic scene completion from a single depth image", CVPR 2017), little
 * endian: 3 × float32 position of voxel (0,0,0) in metres, 16 × float32 camera pose, then (uint32 value, uint32 count)
 * pairs that fill 240 × 144 × 240 voxels of 2 cm in C order: x, y (up, index 0 lowest), z.
 */
import { UserError } from "../../base/errors.ts";
import { UNKNOWN_LABEL } from "../classes.ts";
import { type Grid, voxelCount } from "../grid.ts";

/** Voxels of a volume. */
export const SSCNET_GRID: Grid = [240, 144, 240];

/** Highest class number in a file. */
const SSCNET_MAX_CLASS = 36;

/** A decoded file. */
export interface SscnetVolume {
  /** World position of voxel (0,0,0) in metres. */
  readonly origin: Float32Array;
  /** Camera pose, 4 × 4 row-major, camera to world. */
  readonly pose: Float32Array;
  /** `[240, 144, 240]`: 0 empty, 1..36 class, 255 unknown or outside the room. */
  readonly voxels: Uint8Array;
  /** Number of runs the voxels were stored in. */
  readonly runs: number;
}

const HEADER_BYTES = 4 * (3 + 16);

/** Decodes a file. @throws {UserError} if it is truncated, has an unknown value, or does not fill the volume. */
export function decodeSscnet(bytes: Uint8Array, name: string): SscnetVolume {
  if (bytes.length < HEADER_BYTES + 8 || (bytes.length - HEADER_BYTES) % 8 !== 0) {
    throw new UserError(
      `${name} is truncated or not an SSCNet .bin file: found ${bytes.length} bytes, expected ${HEADER_BYTES} plus a ` +
        `positive multiple of 8`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const floats = Float32Array.from({ length: 19 }, (_, i) => view.getFloat32(4 * i, true));
  const runs = (bytes.length - HEADER_BYTES) / 8;
  const total = voxelCount(SSCNET_GRID);
  const runAt = (run: number) => {
    const at = HEADER_BYTES + 8 * run;
    return { value: view.getUint32(at, true), count: view.getUint32(at + 4, true) };
  };
  // All runs are checked before memory for the volume is taken, which is far larger than the file.
  let sum = 0;
  for (let run = 0; run < runs; run++) {
    const { value, count } = runAt(run);
    if (value > SSCNET_MAX_CLASS && value !== UNKNOWN_LABEL) {
      throw new UserError(
        `${name}: run ${run} has the value ${value}, expected 0 to ${SSCNET_MAX_CLASS} or ${UNKNOWN_LABEL}; is it an ` +
          `SSCNet .bin file?`,
      );
    }
    sum += count;
    if (sum > total) {
      throw new UserError(`${name}: the first ${run + 1} runs fill ${sum} voxels, expected ${total} in all`);
    }
  }
  // The original writer stores a volume of a single run with one voxel too few.
  const oneShort = runs === 1 && sum === total - 1;
  if (sum !== total && !oneShort) {
    throw new UserError(`${name} is truncated: its ${runs} runs fill ${sum} voxels, expected ${total}`);
  }
  const voxels = new Uint8Array(total);
  for (let run = 0, filled = 0; run < runs; run++) {
    const { value, count } = runAt(run);
    voxels.fill(value, filled, filled += oneShort ? total : count);
  }
  return { origin: floats.subarray(0, 3), pose: floats.subarray(3), voxels, runs };
}
