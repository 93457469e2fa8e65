/**
 * Kernels over the rows of `[rows, classes]`, one row after the other in one or two vectors of which the last is masked.
 * What a kernel stores in lanes beyond the last class is not stored.
 */
import type { OperationName } from "../../../calls.ts";
import type { CpuOperation } from "../../operation.ts";
import { at, type Memory, R12, R13, R14, RAX, RCX, type Register, VectorRegister } from "../assembler/mod.ts";
import { type CodeBuilder, frame } from "../code_builder.ts";

/** Vectors that a row takes. */
export type RowVectors = 1 | 2;

/** An operation on rows of so many vectors of so many lanes. */
export type RowOperation<Name extends OperationName> = (
  vectors: RowVectors,
  lanes: number,
  ...call: Parameters<CpuOperation<Name>>
) => void;

/** Parameters of every such kernel. */
export const ROW_PARAMETERS = { rows: "i32", classes: "i32", rowsPerTask: "i32" } as const;

/** Rows in registers while a kernel is written. */
export class RowCode {
  #taken = 0;
  readonly #mask: VectorRegister;
  /** Parts 0 … vectors − 1 of a row. */
  readonly parts: readonly number[];

  constructor(readonly k: CodeBuilder, readonly vectors: RowVectors) {
    this.#mask = this.take();
    this.parts = Array.from({ length: vectors }, (_, part) => part);
  }

  /** A register that nothing else uses. @throws {RangeError} if there is none */
  take(): VectorRegister {
    if (this.#taken === this.k.vectors.registers) throw new RangeError("a kernel needs more registers than there are");
    return new VectorRegister(this.#taken++, this.k.vectors.bytes);
  }

  /** One register for each part of a row. */
  takeRow(): VectorRegister[] {
    return this.parts.map(() => this.take());
  }

  /** Loads a part of the row at `pointer`; lanes beyond the last class are read too and become 0. */
  load(target: VectorRegister, pointer: Register, part: number): void {
    const { k } = this, place = at(pointer, part * k.vectors.bytes);
    // Memory that is loaded with a mask is not fetched ahead of time: twice as long where it is not in the cache.
    k.vmovups(target, place);
    if (part === this.vectors - 1) k.vectors.keepMasked(k, target, this.#mask);
  }

  /** Stores a part of the row at `pointer`. */
  store(pointer: Register, part: number, source: VectorRegister): void {
    const { k } = this, place = at(pointer, part * k.vectors.bytes);
    if (part < this.vectors - 1) k.vstoreups(place, source);
    else k.vectors.storeMasked(k, place, source, this.#mask);
  }

  /** Selects the classes of the last part for {@link load} and {@link store}. Uses rax and rcx. */
  select(classes: Memory): void {
    const { k } = this;
    k.mov(RCX, classes);
    k.sub(RCX, (this.vectors - 1) * k.vectors.lanes);
    k.vectors.setMask(k, k.tables, RCX, this.#mask);
  }

  /**
   * Repeats `body` for each row of the task. `pointers` start at the arrays `[rows, classes]` and `bytes` at one of a
   * byte for each row; they are registers other than rax, rcx, r12, r13 and r14. `body` may use rax and rcx.
   */
  eachRow(
    p: Readonly<Record<keyof typeof ROW_PARAMETERS, Memory>>,
    pointers: readonly Register[],
    bytes: readonly Register[],
    body: () => void,
  ): void {
    const { k } = this, rowBytes = R12, left = R13, first = R14;
    k.mov(first, frame.task);
    k.imul(first, p.rowsPerTask);
    k.mov(left, p.rows);
    k.sub(left, first);
    k.cmp(left, p.rowsPerTask);
    k.cmov("greater", left, p.rowsPerTask);
    k.imul(rowBytes, p.classes, 4);
    k.mov(RAX, first);
    k.imul(RAX, rowBytes);
    for (const pointer of pointers) k.add(pointer, RAX);
    for (const pointer of bytes) k.add(pointer, first);
    k.loop(() => {
      k.sub(left, 1);
      return "less";
    }, () => {
      body();
      for (const pointer of pointers) k.add(pointer, rowBytes);
      for (const pointer of bytes) k.add(pointer, 1);
    });
  }
}

/** Vectors that rows of so many classes take; null: more than two. */
export function rowVectors(classes: number, lanes: number): RowVectors | null {
  return classes <= lanes ? 1 : classes <= 2 * lanes ? 2 : null;
}
