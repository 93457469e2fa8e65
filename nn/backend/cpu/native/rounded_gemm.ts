/** Matrix products of operands rounded to bfloat16. */
import { neighbourWords, roundedBytes, type RoundedLines, rowPairs } from "../conv/rounded_lines.ts";
import type { TileSize } from "../multiply/tile_size.ts";
import type { CpuOperation } from "../operation.ts";
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

/** c (+)= op(a)·op(b). */
export function roundedGemm(tile: TileSize, ...[engine, shape, at]: Parameters<CpuOperation<"gemm">>): void {
  const { batch, m, n, k, transposeA, transposeB } = shape;
  if (k % 2 !== 0 || Math.min(m, n, k) < LEAST_SIZE) return gemm(tile, "float32", engine, shape, at);
  const left = transposeA ? wordsOf(batch * k, m, false) : wordsOf(batch * m, k, true);
  const right = transposeB ? wordsOf(batch * n, k, true) : wordsOf(batch * k, n, false);
  const leftBytes = Math.ceil(roundedBytes(left) / 64) * 64;
  const words = engine.workspace(leftBytes + roundedBytes(right));
  roundLines(engine, left, at.a, words);
  roundLines(engine, right, at.b, words + leftBytes);
  gemm(tile, "bfloat16", engine, { ...shape, k: k / 2 }, { a: words, b: words + leftBytes, c: at.c });
}
