/**
 * Vectors that hold one number in the lane of a row's label and another in all others, read from one table: a run of the
 * other number with the one in its middle, from a place that the label moves; behind it what rows of unknown voxels have
 * in all lanes.
 */
import { at, indexed, type Memory, R10, RAX, RCX, type Register } from "../assembler/mod.ts";
import type { RowCode } from "./row_code.ts";

/** The table for rows of `width` lanes. */
export function labelWindow(width: number, hit: number, other: number, unknown = other): number[] {
  return Array.from({ length: 3 * width }, (_, index) => index === width ? hit : index < 2 * width ? other : unknown);
}

/** Bytes of {@link labelWindow}. */
export const windowBytes = (width: number): number => 3 * width * 4;

/** rax = where the windows of the label at `label`, one of `classes`, start in tables at `tables`. Uses rcx and r10. */
export function startWindow({ k, vectors }: RowCode, label: Memory, classes: Memory, tables: Register): void {
  const width = vectors * k.vectors.lanes;
  k.load8(RAX, label);
  k.mov(R10, width);
  k.sub(R10, RAX);
  k.mov(RCX, 2 * width);
  k.cmp(RAX, classes);
  k.cmov("less", RCX, R10);
  k.lea(RAX, indexed(tables, RCX, 4));
}

/** The window of table number `table` for a part of the row. */
export function windowAt({ k, vectors }: RowCode, table: number, part: number): Memory {
  return at(RAX, table * windowBytes(vectors * k.vectors.lanes) + part * k.vectors.bytes);
}
