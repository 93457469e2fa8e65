/** The vector instructions of AVX2/FMA (VEX) and AVX-512 (EVEX) that the kernels use: one method for both encodings. */
import { memoryOperand, registerOperand } from "./address.ts";
import { IntegerAssembler } from "./integer_assembler.ts";
import { Label, Memory, type Register, VectorRegister } from "./operands.ts";

/** How an instruction is encoded. */
interface Form {
  /** Opcode map: 0F, 0F 38, 0F 3A. */
  readonly map: 1 | 2 | 3;
  /** Prefix: none, 66, F3, F2. */
  readonly prefix: 0 | 1 | 2 | 3;
  /** EVEX.W; VEX ignores it here. */
  readonly wide?: 1;
  readonly opcode: number;
  /** Whether a memory operand is a single number, not a vector. */
  readonly scalar?: true;
  /** Whether there is no VEX encoding. */
  readonly evex?: true;
}

/** AVX-512's extras: lanes whose bit in the mask register (1–7) is 0 are left alone, or set to zero in registers. */
export interface Masking {
  readonly mask: number;
}

/** One number in memory that stands for a vector of copies (AVX-512). */
export class Broadcast {
  constructor(readonly memory: Memory) {}
}

type Source = VectorRegister | Memory | Label | Broadcast;

/** {@link IntegerAssembler} and vectors of float32. Three-operand methods are target = first ∘ second. */
export class VectorAssembler extends IntegerAssembler {
  /** Loads a vector; lanes outside a mask become zero. */
  vmovups(target: VectorRegister, source: VectorRegister | Memory | Label, masking?: Masking): void {
    this.#vector({ map: 1, prefix: 0, opcode: 0x10 }, target, null, source, masking?.mask, masking !== undefined);
  }

  /** Stores a vector, or the lanes of a mask. */
  vstoreups(target: Memory, source: VectorRegister, masking?: Masking): void {
    this.#vector({ map: 1, prefix: 0, opcode: 0x11 }, source, null, target, masking?.mask);
  }

  /** All lanes = one number in memory. */
  vbroadcastss(target: VectorRegister, source: Memory): void {
    this.#vector({ map: 2, prefix: 1, opcode: 0x18, scalar: true }, target, null, source);
  }

  /** target += first · second, rounded once. */
  vfmadd231ps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.#vector({ map: 2, prefix: 1, opcode: 0xb8 }, target, first, second);
  }

  /** Pairs of bfloat16: target (float32) += first's lower · second's lower + first's upper · second's upper. AVX512-BF16. */
  vdpbf16ps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.#vector({ map: 2, prefix: 2, opcode: 0x52, evex: true }, target, first, second);
  }

  /** Rounds two vectors to bfloat16: the lower half of target from `low`, the upper from `high`. AVX512-BF16. */
  vcvtne2ps2bf16(target: VectorRegister, high: VectorRegister, low: VectorRegister | Memory): void {
    this.#vector({ map: 2, prefix: 3, opcode: 0x72, evex: true }, target, high, low);
  }

  /** Rounds a vector twice as wide as target to bfloat16. AVX512-BF16. */
  vcvtneps2bf16(target: VectorRegister, source: VectorRegister | Memory): void {
    const wide = target.at(target.bytes === 16 ? 32 : 64);
    this.#vector({ map: 2, prefix: 2, opcode: 0x72, evex: true }, wide, null, source);
  }

  /** 16-bit numbers of `source` in the order of `indices`. AVX-512. */
  vpermw(target: VectorRegister, indices: VectorRegister, source: VectorRegister): void {
    this.#vector({ map: 2, prefix: 1, wide: 1, opcode: 0x8d, evex: true }, target, indices, source);
  }

  /** Stores the lowest number. */
  vstoress(target: Memory, source: VectorRegister): void {
    this.#vector({ map: 1, prefix: 2, opcode: 0x11, scalar: true }, source.at(16), null, target);
  }

  vaddps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.#vector({ map: 1, prefix: 0, opcode: 0x58 }, target, first, second);
  }

  /** All lanes = 0. */
  vzero(target: VectorRegister): void {
    // AVX-512F has exclusive or for integers only.
    if (needsEvex(target)) this.#vector({ map: 1, prefix: 1, opcode: 0xef }, target, target, target);
    else this.#vector({ map: 1, prefix: 0, opcode: 0x57 }, target.at(16), target.at(16), target.at(16));
  }

  /** Interleaves the lower two numbers of each 128 bits. */
  vunpcklps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.#vector({ map: 1, prefix: 0, opcode: 0x14 }, target, first, second);
  }

  /** Interleaves the higher two numbers of each 128 bits. */
  vunpckhps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.#vector({ map: 1, prefix: 0, opcode: 0x15 }, target, first, second);
  }

  /** The lower 64 of each 128 bits of both. */
  vunpcklpd(target: VectorRegister, first: VectorRegister, second: VectorRegister | Memory): void {
    this.#vector({ map: 1, prefix: 1, opcode: 0x14, wide: 1 }, target, first, second);
  }

  /** The higher 64 of each 128 bits of both. */
  vunpckhpd(target: VectorRegister, first: VectorRegister, second: VectorRegister | Memory): void {
    this.#vector({ map: 1, prefix: 1, opcode: 0x15, wide: 1 }, target, first, second);
  }

  /** Loads the lanes whose highest bit in `mask` is 1; the others become zero. AVX2. */
  vmaskload(target: VectorRegister, mask: VectorRegister, source: Memory): void {
    this.#vector({ map: 2, prefix: 1, opcode: 0x2c }, target, mask, source);
  }

  /** Stores the lanes whose highest bit in `mask` is 1. AVX2. */
  vmaskstore(target: Memory, mask: VectorRegister, source: VectorRegister): void {
    this.#vector({ map: 2, prefix: 1, opcode: 0x2e }, source, mask, target);
  }

  /** Mask register = lowest 16 bits of a general register. AVX-512. */
  kmovw(mask: number, source: Register): void {
    this.#vex(1, 0, 0, 0, mask, 15, source.index >> 3, 0);
    this.out.byte(0x92);
    registerOperand(this.out, mask, source.index);
  }

  /** target = the lowest `count` bits of source (64-bit registers; BMI2). */
  bzhi(target: Register, source: Register, count: Register): void {
    this.#vex(2, 0, 1, 0, target.index, 15 & ~count.index, source.index >> 3, 0);
    this.out.byte(0xf5);
    registerOperand(this.out, target.index, source.index);
  }

  /** Clears the upper parts of all vectors; due before code that uses SSE runs. */
  vzeroupper(): void {
    this.out.byte(0xc5, 0xf8, 0x77);
  }

  #vector(
    form: Form,
    target: VectorRegister,
    first: VectorRegister | null,
    source: Source,
    mask = 0,
    zeroing = false,
  ): void {
    const { map, prefix, opcode, scalar } = form, { bytes } = target;
    const operand = source instanceof Broadcast ? source.memory : source;
    const [low, high] = operand instanceof VectorRegister
      ? [operand.index, operand.index >> 1]
      : operand instanceof Memory
      ? [operand.base.index, operand.index?.index ?? 0]
      : [0, 0];
    const broadcast = source instanceof Broadcast;
    const evex = form.evex || broadcast || mask > 0 || needsEvex(target) || (first !== null && needsEvex(first)) ||
      (source instanceof VectorRegister && needsEvex(source));
    const second = first?.index ?? 0;
    if (evex) {
      const bit = (value: number, place: number) => (value >> place & 1) ^ 1;
      this.out.byte(
        0x62,
        bit(target.index, 3) << 7 | bit(high, 3) << 6 | bit(low, 3) << 5 | bit(target.index, 4) << 4 | map,
        (form.wide ?? 0) << 7 | (~second & 15) << 3 | 4 | prefix,
        Number(zeroing) << 7 | Math.log2(bytes / 16) << 5 | Number(broadcast) << 4 | bit(second, 4) << 3 | mask,
      );
    } else this.#vex(map, prefix, 0, Math.log2(bytes / 16), target.index, ~second & 15, low >> 3, high >> 3);
    this.out.byte(opcode);
    if (operand instanceof VectorRegister) registerOperand(this.out, target.index, operand.index);
    else memoryOperand(this.out, target.index, operand, this.fixups, evex ? (scalar || broadcast ? 4 : bytes) : 1);
  }

  #vex(
    map: number,
    prefix: number,
    wide: number,
    length: number,
    field: number,
    inverted: number,
    low: number,
    high: number,
  ): void {
    const bit = (value: number) => (value & 1) ^ 1;
    this.out.byte(0xc4, bit(field >> 3) << 7 | bit(high) << 6 | bit(low) << 5 | map);
    this.out.byte(wide << 7 | inverted << 3 | length << 2 | prefix);
  }
}

function needsEvex({ index, bytes }: VectorRegister): boolean {
  return bytes === 64 || index > 15;
}
