/** Mirrored and turned rooms: more training scenes from the same ones, each still a room that could be. */
import { philox } from "../../base/random.ts";
import { UserError } from "../../base/errors.ts";
import { formatGrid, type Grid } from "../grid.ts";

/** Kinds of augmentation: mirror along x, mirror along z, turn about the vertical axis by a multiple of 90°. */
export const AUGMENTATIONS = ["flip-x", "flip-z", "rotate"] as const;

/** Kind of augmentation. */
export type Augmentation = typeof AUGMENTATIONS[number];

/** Stream of the random numbers that choose transforms; see `RandomKey` in base/random.ts. */
const AUGMENT_STREAM = 0xa46;

/** What happens to a scene: it is turned, then mirrored. */
export interface SceneTransform {
  /** Mirror along x. */
  readonly flipX: boolean;
  /** Mirror along z. */
  readonly flipZ: boolean;
  /** Turns of 90° from x towards z, 0 to 3. */
  readonly quarterTurns: number;
}

/** Checks that a grid allows them. @throws {UserError} if it cannot be turned by 90° and `kinds` wants that. */
export function checkAugmentations(kinds: readonly Augmentation[], grid: Grid): void {
  if (kinds.includes("rotate") && grid[0] !== grid[2]) {
    throw new UserError(
      `augmentation rotate turns scenes by 90°, which needs as many voxels along x as along z; the grid is ` +
        `${formatGrid(grid)}; leave it out, or use flip-x,flip-z`,
    );
  }
}

/**
 * The transform of the scene at `position` of a batch: given by the arguments alone, whoever reads the scene and
 * whenever. Of the random word bit 0 is the flip in x, bit 1 in z, bits 2 and 3 the turns.
 */
export function sceneTransform(
  kinds: readonly Augmentation[],
  seed: number,
  iteration: number,
  position: number,
): SceneTransform {
  const words = new Uint32Array(4);
  philox(position, { seed, stream: AUGMENT_STREAM, iteration }, words);
  return {
    flipX: kinds.includes("flip-x") && (words[0] & 1) !== 0,
    flipZ: kinds.includes("flip-z") && (words[0] & 2) !== 0,
    quarterTurns: kinds.includes("rotate") ? words[0] >>> 2 & 3 : 0,
  };
}

/**
 * Writes a scene `[D, H, W]` as it looks after a transform to `out`, another array of the same length.
 * @throws {RangeError} if it is to be turned by 90° or 270° and D is not W.
 */
export function transformScene(labels: Uint8Array, grid: Grid, transform: SceneTransform, out: Uint8Array): void {
  const [depth, height, width] = grid, { quarterTurns } = transform;
  if (quarterTurns % 2 === 1 && depth !== width) throw new RangeError(`a grid of ${grid} cannot be turned by 90°`);
  // After one turn [x, y, z] is where [z, y, D − 1 − x] was; two turns are both mirrors.
  const half = quarterTurns >= 2;
  const flipX = transform.flipX !== half, flipZ = transform.flipZ !== half;
  const turned = quarterTurns % 2 === 1, stepX = height * width;
  for (let x = 0; x < depth; x++) {
    const fromX = flipX ? depth - 1 - x : x;
    for (let y = 0; y < height; y++) {
      const to = (x * height + y) * width;
      if (turned) {
        const last = y * width + depth - 1 - fromX;
        if (flipZ) { for (let z = 0; z < width; z++) out[to + z] = labels[(width - 1 - z) * stepX + last]; }
        else for (let z = 0; z < width; z++) out[to + z] = labels[z * stepX + last];
      } else {
        const from = (fromX * height + y) * width;
        if (flipZ) { for (let z = 0; z < width; z++) out[to + z] = labels[from + width - 1 - z]; }
        else for (let z = 0; z < width; z++) out[to + z] = labels[from + z];
      }
    }
  }
}
