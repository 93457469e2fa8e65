/** Sizes of a prior over codes. */
import { latentGrid, latentShape, type ModelConfig } from "../models/config.ts";
import { elementCount, type Shape } from "../shape.ts";

/** Blocks of 4³ voxels in a code's cell: how finely it is told what is known. */
export const BLOCKS: number = 4 ** 3;

/** Numbers that tell what is known of a cell: two for each block. */
export const BLOCK_CHANNELS: number = 2 * BLOCKS;

/** What a prior is for. */
export interface PriorConfig {
  /** Sizes of a code: `[d, h, w, channels]`, or `[numbers]` of one without cells. */
  readonly codeShape: Shape;
  /** Cells of 16³ voxels in a scene. */
  readonly cells: number;
  /** How many labels scenes may have, such as kinds of rooms; 0 if they have none. */
  readonly labels: number;
  /** How many classes voxels may have. */
  readonly classes: number;
}

/** The prior of a model whose scenes may have so many labels. */
export function priorConfig(model: ModelConfig, labels: number): PriorConfig {
  return {
    codeShape: latentShape(model),
    cells: elementCount(latentGrid(model)),
    labels,
    classes: model.classes,
  };
}

/** Numbers of a code. */
export function codeSize({ codeShape }: PriorConfig): number {
  return elementCount(codeShape);
}

/** Channels of a cell of a code; all numbers of one without cells. */
export function codeChannels({ codeShape }: PriorConfig): number {
  return codeShape.at(-1)!;
}

/** Numbers that tell a scene's label and classes: see `Condition`. */
export function sceneFeatures({ labels, classes }: PriorConfig): number {
  return labels + 2 * classes;
}

/** Numbers that tell what is known of a scene: see `knownBlocks`. */
export function blockFeatures({ cells }: PriorConfig): number {
  return cells * BLOCK_CHANNELS;
}
