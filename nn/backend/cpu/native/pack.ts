/**
 * Packing B, float32 in memory, into panels two vectors wide, one step of the depth after the other; a last panel of at most one vector is
 * one vector wide. Lanes beyond the last column hold anything: what they lead to is never stored.
 */
import {
  at,
  indexed,
  Label,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15,
  R8,
  R9,
  RAX,
  RBX,
  RCX,
  RDI,
  RDX,
  type Register,
  RSI,
  VectorRegister,
} from "./assembler/mod.ts";
import { NUMBERS_PER_WORD, type WordFormat } from "../multiply/word_format.ts";
import type { CodeBuilder } from "./code_builder.ts";
import { interleavedIndices, loadInterleaved } from "./round.ts";

/** Rows that are transposed together, of which as many steps: what four 128-bit registers hold. */
const QUAD = 4;
const xmm = (index: number) => new VectorRegister(index, 16);

/**
 * The subroutine (rdi source, rsi distance of rows, rdx rows, rcx depth in words, r8 target): one panel from up to a
 * panel's width of rows, each contiguous in the depth, i.e. a transposition of words. May read 32 bytes past the end of
 * a row. Uses all registers.
 */
export function packTransposed(k: CodeBuilder, format: WordFormat): Label {
  return k.shared(`pack transposed ${format}`, () => {
    const { lanes } = k.vectors;
    k.cmp(RDX, lanes);
    k.when("lessOrEqual", () => transpose(k, format, lanes), () => transpose(k, format, 2 * lanes));
    k.ret();
  });
}

function transpose(k: CodeBuilder, format: WordFormat, width: number): void {
  /** Loads four words from so many bytes of words behind a pointer. */
  const load = (target: VectorRegister, pointer: Register) => {
    const source = indexed(pointer, offset, NUMBERS_PER_WORD[format]);
    if (format === "float32") k.vmovups(target, source);
    else k.vcvtneps2bf16(target, source);
  };
  const pointers = [R9, R10, R11, R12], offset = RAX, to = R13, end = R14;
  for (let quad = 0; quad < width; quad += QUAD) {
    pointers.forEach((pointer, index) => {
      // Rows that do not exist are read as the first one.
      k.xor(R15, R15);
      k.imul(RBX, RSI, quad + index);
      k.cmp(RDX, quad + index);
      k.cmov("greater", R15, RBX);
      k.lea(pointer, indexed(RDI, R15));
    });
    k.lea(to, at(R8, quad * 4));
    k.xor(offset, offset);
    k.mov(end, RCX);
    k.and(end, -QUAD);
    k.shift("shl", end, 2);
    k.loop(() => {
      k.cmp(offset, end);
      return "aboveOrEqual";
    }, () => {
      pointers.forEach((pointer, index) => load(xmm(index), pointer));
      k.vunpcklps(xmm(4), xmm(0), xmm(1));
      k.vunpcklps(xmm(5), xmm(2), xmm(3));
      k.vunpckhps(xmm(6), xmm(0), xmm(1));
      k.vunpckhps(xmm(7), xmm(2), xmm(3));
      [[4, 5], [6, 7]].forEach(([first, second], pair) => {
        k.vunpcklpd(xmm(8), xmm(first), xmm(second));
        k.vunpckhpd(xmm(9), xmm(first), xmm(second));
        k.vstoreups(at(to, pair * 2 * width * 4), xmm(8));
        k.vstoreups(at(to, (pair * 2 + 1) * width * 4), xmm(9));
      });
      k.add(offset, QUAD * 4);
      k.add(to, QUAD * width * 4);
    });
    k.lea(end, indexed(RCX, RCX, 1));
    k.add(end, end);
    k.loop(() => {
      k.cmp(offset, end);
      return "aboveOrEqual";
    }, () => {
      pointers.forEach((pointer, index) => {
        load(xmm(0), pointer);
        k.vstoress(at(to, index * 4), xmm(0));
      });
      k.add(offset, 4);
      k.add(to, width * 4);
    });
  }
}

/**
 * The subroutine (rdi source, rsi distance of rows, rdx depth in words, rcx columns, r8 target, r9 distance of panels,
 * r10 how many bytes earlier a narrow last panel starts): all panels of `columns` columns from as many rows as make
 * `depth` words, each contiguous in the columns. Reads up to a panel's width past the end of a row. Uses all registers.
 */
export function packRows(k: CodeBuilder, format: WordFormat): Label {
  return k.shared(`pack rows ${format}`, () => {
    const { lanes, bytes } = k.vectors, from = R11, to = RAX, left = RBX;
    const first = new VectorRegister(0, bytes), second = new VectorRegister(1, bytes);
    const indices = new VectorRegister(2, bytes), spare = new VectorRegister(3, bytes);
    /** Loads a vector of words of this row, or of this one and the next. */
    const load = (target: VectorRegister, offset: number) => {
      if (format === "float32") k.vmovups(target, at(from, offset));
      else loadInterleaved(k, target, at(from, offset), indexed(from, RSI, 1, offset), indices, spare);
    };
    if (format === "bfloat16") interleavedIndices(k, indices);
    k.loop(() => {
      k.test(RDX, RDX);
      return "equal";
    }, () => {
      const end = new Label();
      k.mov(from, RDI);
      k.mov(to, R8);
      k.mov(left, RCX);
      k.loop(() => {
        k.cmp(left, lanes);
        return "lessOrEqual";
      }, () => {
        load(first, 0);
        load(second, bytes);
        k.vstoreups(at(to), first);
        k.vstoreups(at(to, bytes), second);
        k.add(from, 2 * bytes);
        k.add(to, R9);
        k.sub(left, 2 * lanes);
      });
      k.cmp(left, 0);
      k.jumpIf("lessOrEqual", end);
      k.sub(to, R10);
      load(first, 0);
      k.vstoreups(at(to), first);
      k.place(end);
      for (let row = 0; row < NUMBERS_PER_WORD[format]; row++) k.add(RDI, RSI);
      k.add(R8, 2 * bytes);
      k.add(R10, bytes);
      k.sub(RDX, 1);
    });
    k.ret();
  });
}
