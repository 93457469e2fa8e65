/**
 * Vectors that hold one number in the lane of a row's label and another in all others, read from one table: a run of the
 * other number with the one in its middle, from a place that the label moves.
 */
import { at, indexed, type Memory, RAX, RCX, type Register } from "../assembler/mod.ts";
import type { RowCode } from "./row_code.ts";

/** The table for rows of `width` lanes: windows of labels from `width` on hold the other number only. */
export function labelWindow(width: number, hit: number, other: number): number[] {
  return Array.from({ length: 2 * width }, (_, index) => index === width ? hit : other);
}

/** Bytes of {@link labelWindow}. */
export const windowBytes = (width: number): number => 2 * width * 4;

/** rax = where the windows of the label at `label` start in tables at `tables`. Uses rcx. */
export function startWindow({ k, vectors }: RowCode, label: Memory, tables: Register): void {
  const width = vectors * k.vectors.lanes;
  k.load8(RAX, label);
  k.mov(RCX, width);
  k.cmp(RAX, RCX);
  k.cmov("greater", RAX, RCX);
  k.sub(RCX, RAX);
  k.lea(RAX, indexed(tables, RCX, 4));
}

/** The window of table number `table` for a part of the row. */
export function windowAt({ k, vectors }: RowCode, table: number, part: number): Memory {
  return at(RAX, table * windowBytes(vectors * k.vectors.lanes) + part * k.vectors.bytes);
}
