/**
 * What is multiplied with what, as data. An engine that carries out these tables can do every convolution:
 * for each block, C[i, j] (+)= Σ over its segments, Σ over k < depth of A[i·rowStrideA + k·depthStrideA] ×
 * B[k·depthStrideB + j], with A and B moved by the offsets of the segment.
 *
 * Columns come in panels of `panelColumns`; B's panels are `panelStride` bytes apart. Strides and offsets are bytes.
 */

import type { WordFormat } from "./word_format.ts";

/** Words (int32) of a block in {@link MultiplyPlan.blocks}, in this order. */
export const BLOCK = {
  /** Offsets of the block's first row in A and C, and of its first panel in B. */
  a: 0,
  b: 1,
  c: 2,
  /** First segment, and one past the last. None: C is zero (or unchanged when adding). */
  segmentBegin: 3,
  segmentEnd: 4,
  depth: 5,
  rows: 6,
  panelStride: 7,
  /** 1: adds to C in any case; 0: adds if the whole operation does. */
  accumulate: 8,
} as const;
/** Words per block. */
export const BLOCK_WORDS = 9;

/** Words of a task in {@link MultiplyPlan.tasks}: a range of blocks by a range of panels. */
export const TASK = { blockBegin: 0, blockEnd: 1, panelBegin: 2, panelEnd: 3 } as const;
/** Words per task. */
export const TASK_WORDS = 4;

/** How one of the operands' elements lie apart, for all blocks of a plan. */
export interface MultiplyStrides {
  readonly rowStrideA: number;
  readonly depthStrideA: number;
  readonly depthStrideB: number;
  readonly rowStrideC: number;
}

/** See the file's comment. Tasks are independent of each other and depend on sizes only. */
export interface MultiplyPlan extends MultiplyStrides {
  /** What the words of A and B hold; the depth is counted in words. */
  readonly format: WordFormat;
  /** Columns of C. */
  readonly columns: number;
  /** Whether B is packed: panels of `depth` × panel columns; a last panel of at most half the columns is half as wide. */
  readonly packed: boolean;
  /** A task passes over its blocks once for this many panels. */
  readonly panelsPerPass: number;
  /** {@link BLOCK_WORDS} words each. */
  readonly blocks: Int32Array;
  /** Offsets in A and B, two words each. */
  readonly segments: Int32Array;
  /** {@link TASK_WORDS} words each. */
  readonly tasks: Int32Array;
}
