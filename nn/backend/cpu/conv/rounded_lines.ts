/** Lines of float32 rounded to words of two bfloat16 (to nearest, ties to even), with zeros outside. */
import type { LinePadding } from "./line_padding.ts";

/**
 * A run starts at number s = r·`runNumbers` − `before` of the source line. Its word number `w` holds the numbers s + w and
 * s + w + `distance`, or the neighbours s + 2w and s + 2w + 1; numbers outside `0 … sourceLength − 1` are zero.
 */
export interface RoundedLines {
  readonly kind: "rounded";
  /** Number of lines; source lines follow each other, and so do the rounded ones. */
  readonly lines: number;
  /** Numbers in a line of the source. */
  readonly sourceLength: number;
  /** Zeros before a line. */
  readonly before: number;
  /** Runs in a line, how far they are apart in the source, and words in each. */
  readonly runs: number;
  readonly runNumbers: number;
  readonly words: number;
  /** Between the two numbers of a word; 0: they are neighbours. */
  readonly distance: number;
}

/** Words of numbers that lie next to each other: all lengths of `padding` must be even. */
export function neighbourWords({ lines, sourceLength, before, length }: LinePadding): RoundedLines {
  return { kind: "rounded", lines, sourceLength, before, runs: 1, runNumbers: 0, words: length / 2, distance: 0 };
}

/** Each number of a line together with the one `distance` after it. */
export function distantWords({ lines, sourceLength, before, length }: LinePadding, distance: number): RoundedLines {
  return { kind: "rounded", lines, sourceLength, before, runs: 1, runNumbers: 0, words: length, distance };
}

/** Rows of `length` numbers, two and two interleaved; an odd last one with zeros. Every `rowsPerLine` rows are a line. */
export function rowPairs(lines: number, rowsPerLine: number, length: number): RoundedLines {
  return {
    kind: "rounded",
    lines,
    sourceLength: rowsPerLine * length,
    before: 0,
    runs: Math.ceil(rowsPerLine / 2),
    runNumbers: 2 * length,
    words: length,
    distance: length,
  };
}

/** Bytes of the rounded lines. */
export function roundedBytes({ lines, runs, words }: RoundedLines): number {
  return lines * runs * words * 4;
}
