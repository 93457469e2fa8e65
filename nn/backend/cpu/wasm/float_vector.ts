/** 128-bit vectors of single and double precision numbers. */
import { F32, F64 } from "./float.ts";
import { instruction, SIMD } from "./value.ts";
import { relaxedSimd } from "./features.ts";
import { I32x4, I64x2 } from "./integer_vector.ts";
import { Vector } from "./vector.ts";

/** Four single precision numbers. */
export class F32x4 extends Vector {
  /** Four constants. */
  static constant(a: number, b: number, c: number, d: number): F32x4 {
    const bytes = new Uint8Array(new Float32Array([a, b, c, d]).buffer);
    return new F32x4((code) => code.byte(SIMD).unsigned(0x0c).append(bytes));
  }
  /** `value` in every lane. */
  static splat(value: F32 | number): F32x4 {
    return typeof value === "number"
      ? F32x4.constant(value, value, value, value)
      : new F32x4(instruction([SIMD, 0x13], value));
  }
  static of(value: F32x4 | number): F32x4 {
    return typeof value === "number" ? F32x4.splat(value) : value;
  }

  #binary(opcode: number, other: F32x4 | number): F32x4 {
    return this.same([SIMD, opcode], this, F32x4.of(other));
  }
  #compare(opcode: number, other: F32x4 | number): I32x4 {
    return new I32x4(instruction([SIMD, opcode], this, F32x4.of(other)));
  }

  add(other: F32x4 | number): F32x4 {
    return this.#binary(0xe4, other);
  }
  sub(other: F32x4 | number): F32x4 {
    return this.#binary(0xe5, other);
  }
  mul(other: F32x4 | number): F32x4 {
    return this.#binary(0xe6, other);
  }
  div(other: F32x4 | number): F32x4 {
    return this.#binary(0xe7, other);
  }
  min(other: F32x4 | number): F32x4 {
    return this.#binary(0xe8, other);
  }
  max(other: F32x4 | number): F32x4 {
    return this.#binary(0xe9, other);
  }
  /** `other` < this ? `other` : this; one instruction where {@link min} needs several (NaN differs). */
  quickMin(other: F32x4 | number): F32x4 {
    return this.#binary(0xea, other);
  }
  /** this < `other` ? `other` : this; one instruction where {@link max} needs several (NaN differs). */
  quickMax(other: F32x4 | number): F32x4 {
    return this.#binary(0xeb, other);
  }
  /** this · factor + summand: one rounding where the machine has a fused instruction, else two. */
  mulAdd(factor: F32x4 | number, summand: F32x4 | number): F32x4 {
    return relaxedSimd()
      ? this.same([SIMD, 0x105], this, F32x4.of(factor), F32x4.of(summand))
      : this.mul(factor).add(summand);
  }
  eq(other: F32x4 | number): I32x4 {
    return this.#compare(0x41, other);
  }
  ne(other: F32x4 | number): I32x4 {
    return this.#compare(0x42, other);
  }
  lt(other: F32x4 | number): I32x4 {
    return this.#compare(0x43, other);
  }
  gt(other: F32x4 | number): I32x4 {
    return this.#compare(0x44, other);
  }
  le(other: F32x4 | number): I32x4 {
    return this.#compare(0x45, other);
  }
  ge(other: F32x4 | number): I32x4 {
    return this.#compare(0x46, other);
  }
  abs(): F32x4 {
    return this.same([SIMD, 0xe0], this);
  }
  neg(): F32x4 {
    return this.same([SIMD, 0xe1], this);
  }
  sqrt(): F32x4 {
    return this.same([SIMD, 0xe3], this);
  }
  floor(): F32x4 {
    return this.same([SIMD, 0x68], this);
  }
  /** The nearest whole numbers, ties to even. */
  nearest(): F32x4 {
    return this.same([SIMD, 0x6a], this);
  }
  /** Truncated to signed integers, saturating. */
  toI32x4(): I32x4 {
    return new I32x4(instruction([SIMD, 0xf8], this));
  }
  /** The first two lanes in double precision. */
  lowToF64x2(): F64x2 {
    return new F64x2(instruction([SIMD, 0x5f], this));
  }
  /** The last two lanes in double precision. */
  highToF64x2(): F64x2 {
    return this.shuffle(this, [2, 3, 2, 3]).lowToF64x2();
  }
  lane(index: number): F32 {
    return new F32(instruction([SIMD, 0x1f, index], this));
  }
  withLane(index: number, value: F32 | number): F32x4 {
    return this.same([SIMD, 0x20, index], this, F32.of(value));
  }
}

/** Two double precision numbers. */
export class F64x2 extends Vector {
  /** `value` in both lanes. */
  static splat(value: F64 | number): F64x2 {
    return new F64x2(instruction([SIMD, 0x14], F64.of(value)));
  }
  static of(value: F64x2 | number): F64x2 {
    return typeof value === "number" ? F64x2.splat(value) : value;
  }

  #binary(opcode: number, other: F64x2 | number): F64x2 {
    return this.same([SIMD, opcode], this, F64x2.of(other));
  }
  #compare(opcode: number, other: F64x2 | number): I64x2 {
    return this.same([SIMD, opcode], this, F64x2.of(other)).as(I64x2);
  }

  add(other: F64x2 | number): F64x2 {
    return this.#binary(0xf0, other);
  }
  sub(other: F64x2 | number): F64x2 {
    return this.#binary(0xf1, other);
  }
  mul(other: F64x2 | number): F64x2 {
    return this.#binary(0xf2, other);
  }
  div(other: F64x2 | number): F64x2 {
    return this.#binary(0xf3, other);
  }
  min(other: F64x2 | number): F64x2 {
    return this.#binary(0xf4, other);
  }
  max(other: F64x2 | number): F64x2 {
    return this.#binary(0xf5, other);
  }
  /** this · factor + summand: one rounding where the machine has a fused instruction, else two. */
  mulAdd(factor: F64x2 | number, summand: F64x2 | number): F64x2 {
    return relaxedSimd()
      ? this.same([SIMD, 0x107], this, F64x2.of(factor), F64x2.of(summand))
      : this.mul(factor).add(summand);
  }
  lt(other: F64x2 | number): I64x2 {
    return this.#compare(0x49, other);
  }
  gt(other: F64x2 | number): I64x2 {
    return this.#compare(0x4a, other);
  }
  abs(): F64x2 {
    return this.same([SIMD, 0xec], this);
  }
  neg(): F64x2 {
    return this.same([SIMD, 0xed], this);
  }
  sqrt(): F64x2 {
    return this.same([SIMD, 0xef], this);
  }
  floor(): F64x2 {
    return this.same([SIMD, 0x75], this);
  }
  /** The nearest whole numbers, ties to even. */
  nearest(): F64x2 {
    return this.same([SIMD, 0x94], this);
  }
  /** Rounded to single precision in the first two lanes; zero in the others. */
  toF32x4(): F32x4 {
    return new F32x4(instruction([SIMD, 0x5e], this));
  }
  /** Truncated to signed integers in the first two lanes, saturating; zero in the others. */
  toI32x4(): I32x4 {
    return new I32x4(instruction([SIMD, 0xfc], this));
  }
  lane(index: number): F64 {
    return new F64(instruction([SIMD, 0x21, index], this));
  }
  withLane(index: number, value: F64 | number): F64x2 {
    return this.same([SIMD, 0x22, index], this, F64.of(value));
  }
}
