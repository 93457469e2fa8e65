/** Everything that one direction of a convolution does, as data; the same for every engine that runs on a CPU. */
import type { MultiplyPlan } from "../multiply/multiply_plan.ts";
import type { LinePadding } from "./line_padding.ts";

/** Packing a filter for the forward direction: panel p holds filters 8p … 8p+7 over all taps and channels. */
export interface TransposedPacking {
  readonly kind: "transposed";
  readonly filters: number;
  /** Taps × channels: the depth of every panel. */
  readonly depth: number;
}

/**
 * Packing a filter for the input gradient: the rows `[K][C]` of each tap become steps of the depth of panels of
 * channels. `taps`, in bytes: where the panels of the tap's class start in the packed filter, the offset of the tap's
 * first step in a panel of full width (half of that in a narrow one), and the distance of the panels.
 */
export interface TapPacking {
  readonly kind: "taps";
  readonly filters: number;
  readonly channels: number;
  /** Three words per tap, in the filter's order of taps. */
  readonly taps: Int32Array;
}

/** First word of a tap that no position of the input needs: it is not packed. */
export const UNUSED_TAP = -1;

/**
 * The stages of a convolution, in order: pad one operand's lines, pack the filter, multiply, add up copies.
 *
 * A is the padded (or, where no tap leaves a line, the unpadded) operand forward and in the input gradient; in the
 * filter gradient A is the gradient of the output and B is the padded input.
 */
export interface ConvPlan {
  /** Padding of the input (forward, filter gradient) or of the output's gradient (input gradient); null: none needed. */
  readonly padding: LinePadding | null;
  /** Packing of the filter; null in the filter gradient. */
  readonly packing: TransposedPacking | TapPacking | null;
  readonly multiply: MultiplyPlan;
  /** Private copies of the result that are added up in order, or 1: results are written directly. */
  readonly copies: number;
  /** Elements of the result. */
  readonly resultCount: number;
  /** Where the parts of the workspace start, in bytes: padded lines, packed filter, copies; and its size. */
  readonly workspace: {
    readonly padded: number;
    readonly packed: number;
    readonly copies: number;
    readonly bytes: number;
  };
}

/** Lays out the workspace. Sizes in bytes. */
export function layOutWorkspace(paddedBytes: number, packedBytes: number, copiesBytes: number): ConvPlan["workspace"] {
  const align = (bytes: number) => Math.ceil(bytes / 64) * 64;
  const packed = align(paddedBytes), copies = packed + align(packedBytes);
  return { padded: 0, packed, copies, bytes: copies + align(copiesBytes) };
}

/** Bytes of padded lines. */
export function paddedBytes(padding: LinePadding | null): number {
  return padding === null ? 0 : padding.lines * padding.length * 4;
}
