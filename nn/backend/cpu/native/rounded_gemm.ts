/** Matrix products of operands rounded to bfloat16. */
import type { GemmShape } from "../../backend.ts";
import { neighbourWords, roundedBytes, type RoundedLines, rowPairs } from "../conv/rounded_lines.ts";
import type { Engine } from "../engine.ts";
import type { TileSize } from "../multiply/tile_size.ts";
import { gemm } from "./gemm.ts";
import { roundLines } from "./lines.ts";

/**
 * Least m, n and k for which rounding pays. Below, a product passes over the larger matrix once and memory is the limit,
 * or there is little to sum up: it stays in float32, as does one with an odd k.
 */
const LEAST_SIZE = 64;

/** Words of an operand: of each row of `[rows, length]`, or of each two rows. */
function wordsOf(rows: number, length: number, depthIsContiguous: boolean): RoundedLines {
  if (!depthIsContiguous) return rowPairs(rows / 2, 2, length);
  return neighbourWords({ kind: "copied", lines: rows, sourceLength: length, before: 0, length });
}

/** See `ProductKernels.gemm`. */
export function roundedGemm(
  tile: TileSize,
  engine: Engine,
  shape: GemmShape,
  a: number,
  b: number,
  c: number,
  accumulate: boolean,
): void {
  const { m, n, k, transposeA, transposeB } = shape;
  if (k % 2 !== 0 || Math.min(m, n, k) < LEAST_SIZE) return gemm(tile, "float32", engine, shape, a, b, c, accumulate);
  const left = transposeA ? wordsOf(k, m, false) : wordsOf(m, k, true);
  const right = transposeB ? wordsOf(n, k, true) : wordsOf(k, n, false);
  const leftBytes = Math.ceil(roundedBytes(left) / 64) * 64;
  const words = engine.workspace(leftBytes + roundedBytes(right));
  roundLines(engine, left, a, words);
  roundLines(engine, right, b, words + leftBytes);
  gemm(tile, "bfloat16", engine, { ...shape, k: k / 2 }, words, words + leftBytes, c, accumulate);
}
