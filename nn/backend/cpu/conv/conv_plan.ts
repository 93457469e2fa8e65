/** Everything that one direction of a convolution does, as data; the same for every engine that runs on a CPU. */
import type { MultiplyPlan } from "../multiply/multiply_plan.ts";
import type { WordFormat } from "../multiply/word_format.ts";
import { changesNothing, type LinePadding } from "./line_padding.ts";
import { neighbourWords, roundedBytes, type RoundedLines } from "./rounded_lines.ts";

/** Packing a filter for the forward direction: panel p holds filters 8p … 8p+7 over all taps and channels. */
export interface TransposedPacking {
  readonly kind: "transposed";
  readonly format: WordFormat;
  readonly filters: number;
  /** Taps × channels in words: the depth of every panel. */
  readonly depth: number;
}

/**
 * Packing a filter for the input gradient: the rows `[K][C]` of each tap become steps of the depth of panels of
 * channels. `taps`, in bytes: where the panels of the tap's class start in the packed filter, the offset of the tap's
 * first step in a panel of full width (half of that in a narrow one), and the distance of the panels.
 */
export interface TapPacking {
  readonly kind: "taps";
  readonly format: WordFormat;
  /** Steps of the depth for each tap: filters, or pairs of them. */
  readonly filters: number;
  readonly channels: number;
  /** Three words per tap, in the filter's order of taps. */
  readonly taps: Int32Array;
}

/** First word of a tap that no position of the input needs: it is not packed. */
export const UNUSED_TAP = -1;

/** How the lines of an operand get ready to be multiplied; null: they are read where they lie. */
export type LinePreparation = LinePadding | RoundedLines | null;

/**
 * The stages of a convolution, in order: prepare the operands' lines, pack the filter, multiply, add up copies.
 *
 * Forward, A is the input; in the input gradient, that of the output; B is the packed filter. In the filter gradient A
 * is the gradient of the output and B the input.
 */
export interface ConvPlan {
  readonly a: LinePreparation;
  readonly b: LinePreparation;
  /** Packing of the filter, which then is B; null in the filter gradient. */
  readonly packing: TransposedPacking | TapPacking | null;
  readonly multiply: MultiplyPlan;
  /** Private copies of the result that are added up in order, or 1: results are written directly. */
  readonly copies: number;
  /** Elements of the result. */
  readonly resultCount: number;
  /** Where the parts of the workspace start, in bytes: prepared A; prepared B or packed filter; copies; and its size. */
  readonly workspace: {
    readonly a: number;
    readonly b: number;
    readonly copies: number;
    readonly bytes: number;
  };
}

/** Lays out the workspace. Sizes in bytes. */
export function layOutWorkspace(aBytes: number, bBytes: number, copiesBytes: number): ConvPlan["workspace"] {
  const align = (bytes: number) => Math.ceil(bytes / 64) * 64;
  const b = align(aBytes), copies = b + align(bBytes);
  return { a: 0, b, copies, bytes: copies + align(copiesBytes) };
}

/** Lines with zeros around them, of which neighbours make a word. */
export function prepareLines(padding: LinePadding, format: WordFormat): LinePreparation {
  if (format === "bfloat16") return neighbourWords(padding);
  return changesNothing(padding) ? null : padding;
}

/** Bytes of prepared lines. */
export function preparedBytes(lines: LinePreparation): number {
  if (lines === null) return 0;
  return lines.kind === "rounded" ? roundedBytes(lines) : lines.lines * lines.length * 4;
}
