/** The vector instructions of AVX2/FMA (VEX) and AVX-512 (EVEX) that the kernels use: one method for both encodings. */
import { registerOperand } from "./address.ts";
import type { Label, Memory, Register, VectorRegister } from "./operands.ts";
import { type Masking, needsEvex, type Source, VectorEncoder } from "./vector_encoder.ts";

/** {@link IntegerAssembler} and vectors of float32. Three-operand methods are target = first ∘ second. */
export class VectorAssembler extends VectorEncoder {
  /** Loads a vector; lanes outside a mask become zero. */
  vmovups(target: VectorRegister, source: VectorRegister | Memory | Label, masking?: Masking): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x10 }, target, null, source, {
      mask: masking?.mask,
      zeroing: masking !== undefined,
    });
  }

  /** Stores a vector, or the lanes of a mask. */
  vstoreups(target: Memory, source: VectorRegister, masking?: Masking): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x11 }, source, null, target, { mask: masking?.mask });
  }

  /** All lanes = one number in memory, or the lowest of a register. */
  vbroadcastss(target: VectorRegister, source: Memory | VectorRegister): void {
    this.vector({ map: 2, prefix: 1, opcode: 0x18, scalar: true }, target, null, source);
  }

  /** target += first · second, rounded once. */
  vfmadd231ps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 2, prefix: 1, opcode: 0xb8 }, target, first, second);
  }

  /** Pairs of bfloat16: target (float32) += first's lower · second's lower + first's upper · second's upper. AVX512-BF16. */
  vdpbf16ps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 2, prefix: 2, opcode: 0x52, evex: true }, target, first, second);
  }

  /** Rounds two vectors to bfloat16: the lower half of target from `low`, the upper from `high`. AVX512-BF16. */
  vcvtne2ps2bf16(target: VectorRegister, high: VectorRegister, low: VectorRegister | Memory): void {
    this.vector({ map: 2, prefix: 3, opcode: 0x72, evex: true }, target, high, low);
  }

  /** Rounds a vector twice as wide as target to bfloat16. AVX512-BF16. */
  vcvtneps2bf16(target: VectorRegister, source: VectorRegister | Memory): void {
    const wide = target.at(target.bytes === 16 ? 32 : 64);
    this.vector({ map: 2, prefix: 2, opcode: 0x72, evex: true }, wide, null, source);
  }

  /** 16-bit numbers of `source` in the order of `indices`. AVX-512. */
  vpermw(target: VectorRegister, indices: VectorRegister, source: VectorRegister): void {
    this.vector({ map: 2, prefix: 1, wide: 1, opcode: 0x8d, evex: true }, target, indices, source);
  }

  /** Stores the lowest number. */
  vstoress(target: Memory, source: VectorRegister): void {
    this.vector({ map: 1, prefix: 2, opcode: 0x11, scalar: true }, source.at(16), null, target);
  }

  vaddps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x58 }, target, first, second);
  }

  /** All lanes = 0. */
  vzero(target: VectorRegister): void {
    // AVX-512F has exclusive or for integers only.
    if (needsEvex(target)) this.vector({ map: 1, prefix: 1, opcode: 0xef }, target, target, target);
    else this.vector({ map: 1, prefix: 0, opcode: 0x57 }, target.at(16), target.at(16), target.at(16));
  }

  /** Interleaves the lower two numbers of each 128 bits. */
  vunpcklps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x14 }, target, first, second);
  }

  /** Interleaves the higher two numbers of each 128 bits. */
  vunpckhps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x15 }, target, first, second);
  }

  /** The lower 64 of each 128 bits of both. */
  vunpcklpd(target: VectorRegister, first: VectorRegister, second: VectorRegister | Memory): void {
    this.vector({ map: 1, prefix: 1, opcode: 0x14, wide: 1 }, target, first, second);
  }

  /** The higher 64 of each 128 bits of both. */
  vunpckhpd(target: VectorRegister, first: VectorRegister, second: VectorRegister | Memory): void {
    this.vector({ map: 1, prefix: 1, opcode: 0x15, wide: 1 }, target, first, second);
  }

  /** Loads the lanes whose highest bit in `mask` is 1; the others become zero. AVX2. */
  vmaskload(target: VectorRegister, mask: VectorRegister, source: Memory): void {
    this.vector({ map: 2, prefix: 1, opcode: 0x2c }, target, mask, source);
  }

  /** Stores the lanes whose highest bit in `mask` is 1. AVX2. */
  vmaskstore(target: Memory, mask: VectorRegister, source: VectorRegister): void {
    this.vector({ map: 2, prefix: 1, opcode: 0x2e }, source, mask, target);
  }

  /** Mask register = lowest 16 bits of a general register. AVX-512. */
  kmovw(mask: number, source: Register): void {
    this.vex(1, 0, 0, 0, mask, 15, source.index >> 3, 0);
    this.out.byte(0x92);
    registerOperand(this.out, mask, source.index);
  }

  /** target = the lowest `count` bits of source (64-bit registers; BMI2). */
  bzhi(target: Register, source: Register, count: Register): void {
    this.vex(2, 0, 1, 0, target.index, 15 & ~count.index, source.index >> 3, 0);
    this.out.byte(0xf5);
    registerOperand(this.out, target.index, source.index);
  }

  /** Clears the upper parts of all vectors; due before code that uses SSE runs. */
  vzeroupper(): void {
    this.out.byte(0xc5, 0xf8, 0x77);
  }
}
