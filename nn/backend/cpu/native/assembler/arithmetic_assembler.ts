/** Arithmetic on vectors, lane by lane, and moves between lanes. */
import { VectorRegister } from "./operands.ts";
import { VectorAssembler } from "./vector_assembler.ts";
import type { Form, Source } from "./vector_encoder.ts";

/** {@link VectorAssembler} and what elementary functions and sums over lanes need. */
export class ArithmeticAssembler extends VectorAssembler {
  vsubps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x5c }, target, first, second);
  }

  vmulps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x59 }, target, first, second);
  }

  vdivps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x5e }, target, first, second);
  }

  /** Bit by bit. */
  vandps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x54 }, target, first, second);
  }

  /** The larger; `second` where either is not a number. */
  vmaxps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x5f }, target, first, second);
  }

  /** target = second · target + third, rounded once. */
  vfmadd213ps(target: VectorRegister, second: VectorRegister, third: Source): void {
    this.vector({ map: 2, prefix: 1, opcode: 0xa8 }, target, second, third);
  }

  /** target −= first · second, rounded once. */
  vfnmadd231ps(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 2, prefix: 1, opcode: 0xbc }, target, first, second);
  }

  /** float32 to int32, to nearest. */
  vcvtps2dq(target: VectorRegister, source: VectorRegister): void {
    this.vector({ map: 1, prefix: 1, opcode: 0x5b }, target, null, source);
  }

  /** int32 to float32. */
  vcvtdq2ps(target: VectorRegister, source: VectorRegister): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x5b }, target, null, source);
  }

  /** int32. */
  vpaddd(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 1, prefix: 1, opcode: 0xfe }, target, first, second);
  }

  /** int32. */
  vpsubd(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 1, prefix: 1, opcode: 0xfa }, target, first, second);
  }

  /** int32, filling with zeros from the right. */
  vpslld(target: VectorRegister, source: VectorRegister, bits: number): void {
    this.#shift(6, target, source, bits);
  }

  /** int32, filling with the sign from the left. */
  vpsrad(target: VectorRegister, source: VectorRegister, bits: number): void {
    this.#shift(4, target, source, bits);
  }

  #shift(operation: number, target: VectorRegister, source: VectorRegister, bits: number): void {
    // The operation stands where others have their target, and the target where they have the first operand.
    const field = new VectorRegister(operation, target.bytes);
    this.vector({ map: 1, prefix: 1, opcode: 0x72 }, field, target, source, { immediate: bits });
  }

  /** The lower half of a register of float32 to float64 in all of a vector. */
  vcvtps2pd(target: VectorRegister, source: VectorRegister): void {
    this.vector({ map: 1, prefix: 0, opcode: 0x5a }, target, null, source);
  }

  /** float64. */
  vaddpd(target: VectorRegister, first: VectorRegister, second: Source): void {
    this.vector({ map: 1, prefix: 1, wide: 1, opcode: 0x58 }, target, first, second);
  }

  /** In each 128 bits: numbers number `order[0]`, `order[1]` of first, then `order[2]`, `order[3]` of second. */
  vshufps(target: VectorRegister, first: VectorRegister, second: VectorRegister, order: Quad): void {
    this.vector({ map: 1, prefix: 0, opcode: 0xc6 }, target, first, second, { immediate: quadByte(order) });
  }

  /** Parts of 128 bits: number `order[0]`, `order[1]` of first, then `order[2]`, `order[3]` of second. AVX-512. */
  vshuff32x4(target: VectorRegister, first: VectorRegister, second: VectorRegister, order: Quad): void {
    this.vector({ map: 3, prefix: 1, opcode: 0x23, evex: true }, target, first, second, { immediate: quadByte(order) });
  }

  /** The upper half of `source`, then its lower half. AVX2. */
  vswapHalves(target: VectorRegister, source: VectorRegister): void {
    this.vector({ map: 3, prefix: 1, opcode: 0x06 }, target, source, source, { immediate: 1 });
  }

  /** The upper half of `source`, which is 32 (AVX2) or 64 bytes (AVX-512). */
  vextractUpper(target: VectorRegister, source: VectorRegister): void {
    const form: Form = source.bytes === 64
      ? { map: 3, prefix: 1, wide: 1, opcode: 0x1b }
      : { map: 3, prefix: 1, opcode: 0x19 };
    this.vector(form, source, null, target, { immediate: 1 });
  }
}

/** Four numbers from 0 to 3. */
export type Quad = readonly [number, number, number, number];

function quadByte(order: Quad): number {
  return order.reduce((byte, part, place) => byte | part << 2 * place, 0);
}
