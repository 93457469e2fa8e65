/** What a room is asked to be like, as the numbers that a prior's network reads. */
import type { Size3 } from "../backend/backend.ts";
import { BLOCK_CHANNELS, BLOCKS, type PriorConfig, sceneFeatures } from "./config.ts";

/** A part of a scene that is given. */
export interface KnownPart {
  /** The frozen encoder's code of the scene with all else empty, normalised as such codes are. */
  readonly code: Float32Array;
  /** {@link knownBlocks} of the scene. */
  readonly blocks: Uint8Array;
}

/** What a room is asked to be like; nothing of it if all is left out. */
export interface Condition {
  /** Place of the scene's label among those the prior was trained with. */
  readonly label?: number;
  /** Classes that must be there. */
  readonly present?: readonly number[];
  /** Classes that must not. */
  readonly absent?: readonly number[];
  /** A part that is given. */
  readonly known?: KnownPart;
}

/** Whether nothing is asked for. */
export function isFree({ label, present = [], absent = [], known }: Condition): boolean {
  return label === undefined && present.length === 0 && absent.length === 0 && known === undefined;
}

/**
 * Writes a condition as the network reads it, zeros for what is not asked for: `scene` `[labels + 2·classes]` has a one
 * for the label, for each class that must be there, and for each that must not; `knownCode` and `knownBlocks` are as in
 * {@link KnownPart}, blocks as shares from 0 to 1.
 */
export function writeCondition(
  config: PriorConfig,
  { label, present = [], absent = [], known }: Condition,
  { scene, knownCode, knownBlocks }: Readonly<Record<"scene" | "knownCode" | "knownBlocks", Float32Array>>,
): void {
  const { labels, classes } = config;
  scene.fill(0);
  if (label !== undefined) scene[label] = 1;
  for (const each of present) scene[labels + each] = 1;
  for (const each of absent) scene[labels + classes + each] = 1;
  if (scene.length !== sceneFeatures(config)) throw new RangeError(`a condition is not ${scene.length} numbers`);
  if (known) {
    knownCode.set(known.code);
    known.blocks.forEach((voxels, i) => knownBlocks[i] = voxels / BLOCK_VOXELS);
  } else {
    knownCode.fill(0);
    knownBlocks.fill(0);
  }
}

/** Voxels of a block. */
const BLOCK_VOXELS = 4 ** 3;

/**
 * How many voxels are known of each block of 4³, and how many of these are filled: uint8 `[cells, 2, 64]`, the blocks of
 * a cell of 16³ voxels in C order, so that what is known of a cell is its own.
 *
 * @param labels uint8 `[D, H, W]`; only known voxels are looked at.
 * @param known uint8 `[D, H, W]`, 1 where a voxel is known.
 */
export function knownBlocks(
  labels: Uint8Array,
  known: Uint8Array,
  [depth, height, width]: Size3,
): Uint8Array<ArrayBuffer> {
  const blocks = new Uint8Array(known.length / BLOCK_VOXELS * 2);
  for (let x = 0, voxel = 0; x < depth; x++) {
    for (let y = 0; y < height; y++) {
      const row = ((x >> 4) * (height >> 4) + (y >> 4)) * (width >> 4);
      const line = (x >> 2 & 3) * 16 + (y >> 2 & 3) * 4;
      for (let z = 0; z < width; z++, voxel++) {
        if (known[voxel] === 0) continue;
        const block = (row + (z >> 4)) * BLOCK_CHANNELS + line + (z >> 2 & 3);
        blocks[block]++;
        if (labels[voxel] !== 0) blocks[block + BLOCKS]++;
      }
    }
  }
  return blocks;
}
