/** The instructions of x86-64, AVX2/FMA and AVX-512 that the kernels use, a method for each, whatever its encoding. */
import { Code } from "./code.ts";
import { type Form, type Masking, needsEvex, type Source, writeInteger, writeVector, writeVex } from "./encoding.ts";
import { CONDITION, type Condition, Label, Memory, Register, VectorRegister } from "./operands.ts";

/** Codes of the two-operand operations: operation·8 + form. */
const OPERATION = { add: 0, or: 1, and: 4, sub: 5, xor: 6, cmp: 7 } as const;
const SHIFT = { shl: 4, shr: 5, sar: 7 } as const;

/** A register or a place in memory. */
type Place = Register | Memory;

/** Four numbers from 0 to 3. */
type Quad = readonly [number, number, number, number];

/**
 * Writes code. General registers count as 64 bits wide unless a name says otherwise; vectors are of float32 unless a
 * comment says otherwise, and operations on them are target = first ∘ second.
 */
export class Assembler {
  readonly #code = new Code();

  /** Bytes so far. */
  get length(): number {
    return this.#code.length;
  }

  /** The code, position-independent. @throws {Error} if a label was used and never placed */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#code.finish();
  }

  /** The label stands here from now on. */
  place(label: Label): void {
    if (label.offset !== null) throw new Error(`the label at ${label.offset} was placed again`);
    label.offset = this.length;
  }

  /** A label that stands here. */
  here(): Label {
    const label = new Label();
    this.place(label);
    return label;
  }

  /** Pads to a multiple of `bytes` with instructions that do nothing. */
  align(bytes: number): void {
    while (this.length % bytes !== 0) this.#code.byte(0x90);
  }

  /** Data between the code: 32-bit words. */
  words(values: Iterable<number>): void {
    for (const value of values) this.#code.signed32(value);
  }

  /** Data between the code: distances of labels from `origin`. 32-bit words. */
  offsets(labels: readonly Label[], origin: Label): void {
    for (const label of labels) this.#code.offset(label, origin);
  }

  mov(target: Place, source: Place | number): void {
    if (typeof source === "number") {
      this.#integer([0xc7], 0, target);
      this.#code.signed32(source);
    } else if (target instanceof Memory) this.#integer([0x89], source as Register, target);
    else this.#integer([0x8b], target, source);
  }

  /** target = 32 bits from memory, zero-extended. */
  mov32(target: Register, source: Memory): void {
    this.#integer([0x8b], target, source, 0);
  }

  /** target = a byte from memory, zero-extended. */
  load8(target: Register, source: Memory): void {
    this.#integer([0x0f, 0xb6], target, source);
  }

  /** Stores the lowest 32 bits. */
  store32(target: Memory, source: Register): void {
    this.#integer([0x89], source, target, 0);
  }

  /** target = 32 bits from memory, sign-extended. */
  movsxd(target: Register, source: Memory): void {
    this.#integer([0x63], target, source);
  }

  /** target = the address itself. */
  lea(target: Register, place: Memory | Label): void {
    this.#integer([0x8d], target, place);
  }

  readonly add = this.#binary("add");
  readonly sub = this.#binary("sub");
  readonly and = this.#binary("and");
  readonly or = this.#binary("or");
  readonly xor = this.#binary("xor");
  readonly cmp = this.#binary("cmp");

  /** target ·= source, or target = source·factor. */
  imul(target: Register, source: Place, factor?: number): void {
    this.#integer(factor === undefined ? [0x0f, 0xaf] : [0x69], target, source);
    if (factor !== undefined) this.#code.signed32(factor);
  }

  /** rax, rdx = quotient, remainder of rdx:rax by the divisor, unsigned. */
  div(divisor: Place): void {
    this.#integer([0xf7], 6, divisor);
  }

  neg(target: Register): void {
    this.#integer([0xf7], 3, target);
  }

  /** `operation`: left, right filling with zeros, right filling with the sign. */
  shift(operation: keyof typeof SHIFT, target: Register, bits: number): void {
    this.#integer([0xc1], SHIFT[operation], target);
    this.#code.byte(bits);
  }

  /** target = source where the condition holds. */
  cmov(condition: Condition, target: Register, source: Place): void {
    this.#integer([0x0f, 0x40 | CONDITION[condition]], target, source);
  }

  /** Sets flags by target & source. */
  test(target: Register, source: Register): void {
    this.#integer([0x85], source, target);
  }

  /** target += source as one indivisible step on 32 bits; source = the target before. */
  lockXadd32(target: Memory, source: Register): void {
    this.#code.byte(0xf0);
    this.#integer([0x0f, 0xc1], source, target, 0);
  }

  /** target = the lowest `count` bits of source (BMI2). */
  bzhi(target: Register, source: Register, count: Register): void {
    writeVex(this.#code, 2, 0, 1, 0, target.index, 15 & ~count.index, source.index >> 3, 0);
    this.#code.byte(0xf5);
    this.#code.registerOperand(target.index, source.index);
  }

  jump(label: Label): void {
    this.#code.byte(0xe9);
    this.#code.distance(label);
  }

  jumpIf(condition: Condition, label: Label): void {
    this.#code.byte(0x0f, 0x80 | CONDITION[condition]);
    this.#code.distance(label);
  }

  /** Jumps to an address. */
  jumpTo(address: Register): void {
    this.#integer([0xff], 4, address, 0);
  }

  call(label: Label): void {
    this.#code.byte(0xe8);
    this.#code.distance(label);
  }

  /** Calls an address. */
  callTo(address: Register): void {
    this.#integer([0xff], 2, address, 0);
  }

  ret(): void {
    this.#code.byte(0xc3);
  }

  push(register: Register): void {
    if (register.index > 7) this.#code.byte(0x41);
    this.#code.byte(0x50 | register.index & 7);
  }

  pop(register: Register): void {
    if (register.index > 7) this.#code.byte(0x41);
    this.#code.byte(0x58 | register.index & 7);
  }

  /** eax, ebx, ecx, edx = what the processor says for leaf eax, subleaf ecx. */
  cpuid(): void {
    this.#code.byte(0x0f, 0xa2);
  }

  /** edx:eax = extended control register ecx. */
  xgetbv(): void {
    this.#code.byte(0x0f, 0x01, 0xd0);
  }

  /** Loads a vector; lanes outside a mask become zero. */
  vmovups(target: VectorRegister, source: VectorRegister | Memory | Label, masking?: Masking): void {
    const extras = { mask: masking?.mask, zeroing: masking !== undefined };
    writeVector(this.#code, { map: 1, prefix: 0, opcode: 0x10 }, target, null, source, extras);
  }

  /** Stores a vector, or the lanes of a mask. */
  vstoreups(target: Memory, source: VectorRegister, masking?: Masking): void {
    const extras = { mask: masking?.mask };
    writeVector(this.#code, { map: 1, prefix: 0, opcode: 0x11 }, source, null, target, extras);
  }

  /** Stores the lowest number. */
  vstoress(target: Memory, source: VectorRegister): void {
    this.#vector({ map: 1, prefix: 2, opcode: 0x11, scalar: true }, source.at(16), null, target);
  }

  /** All lanes = one number in memory, or the lowest of a register. */
  vbroadcastss(target: VectorRegister, source: Memory | VectorRegister): void {
    this.#vector({ map: 2, prefix: 1, opcode: 0x18, scalar: true }, target, null, source);
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
    writeVex(this.#code, 1, 0, 0, 0, mask, 15, source.index >> 3, 0);
    this.#code.byte(0x92);
    this.#code.registerOperand(mask, source.index);
  }

  /** All lanes = 0. */
  vzero(target: VectorRegister): void {
    // AVX-512F has exclusive or for integers only.
    if (needsEvex(target)) this.#vector({ map: 1, prefix: 1, opcode: 0xef }, target, target, target);
    else this.#vector({ map: 1, prefix: 0, opcode: 0x57 }, target.at(16), target.at(16), target.at(16));
  }

  /** Clears the upper parts of all vectors; due before code that uses SSE runs. */
  vzeroupper(): void {
    this.#code.byte(0xc5, 0xf8, 0x77);
  }

  readonly vaddps = this.#ternary({ map: 1, prefix: 0, opcode: 0x58 });
  readonly vsubps = this.#ternary({ map: 1, prefix: 0, opcode: 0x5c });
  readonly vmulps = this.#ternary({ map: 1, prefix: 0, opcode: 0x59 });
  readonly vdivps = this.#ternary({ map: 1, prefix: 0, opcode: 0x5e });
  /** Bit by bit. */
  readonly vandps = this.#ternary({ map: 1, prefix: 0, opcode: 0x54 });
  /** The larger; `second` where either is not a number. */
  readonly vmaxps = this.#ternary({ map: 1, prefix: 0, opcode: 0x5f });
  /** target += first · second, rounded once. */
  readonly vfmadd231ps = this.#ternary({ map: 2, prefix: 1, opcode: 0xb8 });
  /** target = first · target + second, rounded once. */
  readonly vfmadd213ps = this.#ternary({ map: 2, prefix: 1, opcode: 0xa8 });
  /** target −= first · second, rounded once. */
  readonly vfnmadd231ps = this.#ternary({ map: 2, prefix: 1, opcode: 0xbc });
  /** float64. */
  readonly vaddpd = this.#ternary({ map: 1, prefix: 1, wide: 1, opcode: 0x58 });
  /** int32. */
  readonly vpaddd = this.#ternary({ map: 1, prefix: 1, opcode: 0xfe });
  /** int32. */
  readonly vpsubd = this.#ternary({ map: 1, prefix: 1, opcode: 0xfa });
  /** Interleaves the lower two numbers of each 128 bits. */
  readonly vunpcklps = this.#ternary({ map: 1, prefix: 0, opcode: 0x14 });
  /** Interleaves the higher two numbers of each 128 bits. */
  readonly vunpckhps = this.#ternary({ map: 1, prefix: 0, opcode: 0x15 });
  /** The lower 64 of each 128 bits of both. */
  readonly vunpcklpd = this.#ternary({ map: 1, prefix: 1, wide: 1, opcode: 0x14 });
  /** The higher 64 of each 128 bits of both. */
  readonly vunpckhpd = this.#ternary({ map: 1, prefix: 1, wide: 1, opcode: 0x15 });
  /** 16-bit numbers of `second` in the order of `first`. AVX-512. */
  readonly vpermw = this.#ternary({ map: 2, prefix: 1, wide: 1, opcode: 0x8d, evex: true });
  /** Pairs of bfloat16: target (float32) += first's lower · second's lower + first's upper · second's upper. AVX512-BF16. */
  readonly vdpbf16ps = this.#ternary({ map: 2, prefix: 2, opcode: 0x52, evex: true });
  /** Rounds two vectors to bfloat16: the upper half of target from `first`, the lower from `second`. AVX512-BF16. */
  readonly vcvtne2ps2bf16 = this.#ternary({ map: 2, prefix: 3, opcode: 0x72, evex: true });

  /** Rounds a vector twice as wide as target to bfloat16. AVX512-BF16. */
  vcvtneps2bf16(target: VectorRegister, source: VectorRegister | Memory): void {
    const wide = target.at(target.bytes === 16 ? 32 : 64);
    this.#vector({ map: 2, prefix: 2, opcode: 0x72, evex: true }, wide, null, source);
  }

  /** float32 to int32, to nearest. */
  vcvtps2dq(target: VectorRegister, source: VectorRegister): void {
    this.#vector({ map: 1, prefix: 1, opcode: 0x5b }, target, null, source);
  }

  /** int32 to float32. */
  vcvtdq2ps(target: VectorRegister, source: VectorRegister): void {
    this.#vector({ map: 1, prefix: 0, opcode: 0x5b }, target, null, source);
  }

  /** The lower half of a register of float32 to float64 in all of a vector. */
  vcvtps2pd(target: VectorRegister, source: VectorRegister): void {
    this.#vector({ map: 1, prefix: 0, opcode: 0x5a }, target, null, source);
  }

  /** int32, filling with zeros from the right. */
  vpslld(target: VectorRegister, source: VectorRegister, bits: number): void {
    this.#shiftLanes(6, target, source, bits);
  }

  /** int32, filling with the sign from the left. */
  vpsrad(target: VectorRegister, source: VectorRegister, bits: number): void {
    this.#shiftLanes(4, target, source, bits);
  }

  /** In each 128 bits: numbers number `order[0]`, `order[1]` of first, then `order[2]`, `order[3]` of second. */
  vshufps(target: VectorRegister, first: VectorRegister, second: VectorRegister, order: Quad): void {
    this.#vector({ map: 1, prefix: 0, opcode: 0xc6 }, target, first, second, quadByte(order));
  }

  /** Parts of 128 bits: number `order[0]`, `order[1]` of first, then `order[2]`, `order[3]` of second. AVX-512. */
  vshuff32x4(target: VectorRegister, first: VectorRegister, second: VectorRegister, order: Quad): void {
    this.#vector({ map: 3, prefix: 1, opcode: 0x23, evex: true }, target, first, second, quadByte(order));
  }

  /** The upper half of `source`, then its lower half. AVX2. */
  vswapHalves(target: VectorRegister, source: VectorRegister): void {
    this.#vector({ map: 3, prefix: 1, opcode: 0x06 }, target, source, source, 1);
  }

  /** The upper half of `source`, which is 32 (AVX2) or 64 bytes (AVX-512). */
  vextractUpper(target: VectorRegister, source: VectorRegister): void {
    const form: Form = source.bytes === 64
      ? { map: 3, prefix: 1, wide: 1, opcode: 0x1b }
      : { map: 3, prefix: 1, opcode: 0x19 };
    this.#vector(form, source, null, target, 1);
  }

  /** target = target ∘ source. */
  #binary(name: keyof typeof OPERATION): (target: Place, source: Place | number) => void {
    const code = OPERATION[name] * 8;
    return (target, source) => {
      if (typeof source === "number") {
        const short = source >= -128 && source < 128;
        this.#integer([short ? 0x83 : 0x81], OPERATION[name], target);
        if (short) this.#code.byte(source & 0xff);
        else this.#code.signed32(source);
      } else if (target instanceof Memory) this.#integer([code | 1], source as Register, target);
      else this.#integer([code | 3], target, source);
    };
  }

  #ternary(form: Form): (target: VectorRegister, first: VectorRegister, second: Source) => void {
    return (target, first, second) => this.#vector(form, target, first, second);
  }

  #shiftLanes(operation: number, target: VectorRegister, source: VectorRegister, bits: number): void {
    // The operation stands where others have their target, and the target where they have the first operand.
    const field = new VectorRegister(operation, target.bytes);
    this.#vector({ map: 1, prefix: 1, opcode: 0x72 }, field, target, source, bits);
  }

  #vector(
    form: Form,
    target: VectorRegister,
    first: VectorRegister | null,
    source: Source,
    immediate?: number,
  ): void {
    writeVector(this.#code, form, target, first, source, { immediate });
  }

  #integer(opcode: number[], field: Register | number, operand: Place | Label, wide: 0 | 1 = 1): void {
    writeInteger(this.#code, opcode, field, operand, wide);
  }
}

function quadByte(order: Quad): number {
  return order.reduce((byte, part, place) => byte | part << 2 * place, 0);
}
