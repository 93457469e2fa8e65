/** 128-bit vectors of integers. */
import { F32x4, F64x2 } from "./float_vector.ts";
import { I32, I64 } from "./integer.ts";
import { instruction, type Recipe, SIMD } from "./value.ts";
import { Vector } from "./vector.ts";

/** Four 32-bit integers, or lane masks (all ones or zero) from comparisons. */
export class I32x4 extends Vector {
  /** Four constants. */
  static constant(a: number, b: number, c: number, d: number): I32x4 {
    const bytes = new Uint8Array(new Int32Array([a, b, c, d]).buffer);
    return new I32x4((code) => code.byte(SIMD).unsigned(0x0c).append(bytes));
  }
  /** `value` in every lane. */
  static splat(value: I32 | number): I32x4 {
    return typeof value === "number"
      ? I32x4.constant(value, value, value, value)
      : new I32x4(instruction([SIMD, 0x11], value));
  }
  static of(value: I32x4 | number): I32x4 {
    return typeof value === "number" ? I32x4.splat(value) : value;
  }

  add(other: I32x4 | number): I32x4 {
    return this.same([SIMD, 0xae], this, I32x4.of(other));
  }
  sub(other: I32x4 | number): I32x4 {
    return this.same([SIMD, 0xb1], this, I32x4.of(other));
  }
  mul(other: I32x4 | number): I32x4 {
    return this.same([SIMD, 0xb5], this, I32x4.of(other));
  }
  shl(count: I32 | number): I32x4 {
    return this.same([SIMD, 0xab], this, I32.of(count));
  }
  shr(count: I32 | number): I32x4 {
    return this.same([SIMD, 0xad], this, I32.of(count));
  }
  shrSigned(count: I32 | number): I32x4 {
    return this.same([SIMD, 0xac], this, I32.of(count));
  }
  eq(other: I32x4 | number): I32x4 {
    return this.same([SIMD, 0x37], this, I32x4.of(other));
  }
  gtSigned(other: I32x4 | number): I32x4 {
    return this.same([SIMD, 0x3b], this, I32x4.of(other));
  }
  ltSigned(other: I32x4 | number): I32x4 {
    return this.same([SIMD, 0x39], this, I32x4.of(other));
  }
  /** As a mask: bits of `a` where set, of `b` elsewhere. */
  select<T extends Vector>(a: T, b: NoInfer<T>): T {
    return new (a.constructor as new (write: Recipe) => T)(instruction([SIMD, 0x52], a, b, this));
  }
  /** The sign bits of the lanes as bits 0–3. */
  bitmask(): I32 {
    return new I32(instruction([SIMD, 0xa4], this));
  }
  /** Signed integers to single precision. */
  toF32x4(): F32x4 {
    return new F32x4(instruction([SIMD, 0xfa], this));
  }
  /** The first two lanes, signed, to double precision. */
  lowToF64x2(): F64x2 {
    return new F64x2(instruction([SIMD, 0xfe], this));
  }
  /** The first two lanes, unsigned, to double precision. */
  lowUnsignedToF64x2(): F64x2 {
    return new F64x2(instruction([SIMD, 0xff], this));
  }
  /** 64-bit unsigned products of the first two lanes. */
  multiplyLow(other: I32x4): I64x2 {
    return new I64x2(instruction([SIMD, 0xde], this, other));
  }
  /** 64-bit unsigned products of the last two lanes. */
  multiplyHigh(other: I32x4): I64x2 {
    return new I64x2(instruction([SIMD, 0xdf], this, other));
  }
  lane(index: number): I32 {
    return new I32(instruction([SIMD, 0x1b, index], this));
  }
  withLane(index: number, value: I32 | number): I32x4 {
    return this.same([SIMD, 0x1c, index], this, I32.of(value));
  }
}

/** Two 64-bit integers. */
export class I64x2 extends Vector {
  static splat(value: I64 | bigint): I64x2 {
    return new I64x2(instruction([SIMD, 0x12], I64.of(value)));
  }

  add(other: I64x2): I64x2 {
    return this.same([SIMD, 0xce], this, other);
  }
  sub(other: I64x2): I64x2 {
    return this.same([SIMD, 0xd1], this, other);
  }
  shl(count: I32 | number): I64x2 {
    return this.same([SIMD, 0xcb], this, I32.of(count));
  }
  shr(count: I32 | number): I64x2 {
    return this.same([SIMD, 0xcd], this, I32.of(count));
  }
}
