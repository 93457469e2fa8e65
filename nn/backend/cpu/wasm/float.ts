/** Single and double precision numbers. */
import { I32 } from "./integer.ts";
import { instruction, type MachineType, MISC, Value } from "./value.ts";

/** A single precision number. */
export class F32 extends Value {
  override readonly machine: MachineType = "f32";
  override readonly storing = [2, 0x38] as const;

  static of(value: F32 | number): F32 {
    return typeof value === "number" ? new F32((code) => code.byte(0x43).float32(value)) : value;
  }

  #binary(opcode: number, other: F32 | number): F32 {
    return new F32(instruction([opcode], this, F32.of(other)));
  }
  #compare(opcode: number, other: F32 | number): I32 {
    return new I32(instruction([opcode], this, F32.of(other)));
  }

  add(other: F32 | number): F32 {
    return this.#binary(0x92, other);
  }
  sub(other: F32 | number): F32 {
    return this.#binary(0x93, other);
  }
  mul(other: F32 | number): F32 {
    return this.#binary(0x94, other);
  }
  div(other: F32 | number): F32 {
    return this.#binary(0x95, other);
  }
  min(other: F32 | number): F32 {
    return this.#binary(0x96, other);
  }
  max(other: F32 | number): F32 {
    return this.#binary(0x97, other);
  }
  eq(other: F32 | number): I32 {
    return this.#compare(0x5b, other);
  }
  ne(other: F32 | number): I32 {
    return this.#compare(0x5c, other);
  }
  lt(other: F32 | number): I32 {
    return this.#compare(0x5d, other);
  }
  gt(other: F32 | number): I32 {
    return this.#compare(0x5e, other);
  }
  le(other: F32 | number): I32 {
    return this.#compare(0x5f, other);
  }
  ge(other: F32 | number): I32 {
    return this.#compare(0x60, other);
  }
  abs(): F32 {
    return new F32(instruction([0x8b], this));
  }
  neg(): F32 {
    return new F32(instruction([0x8c], this));
  }
  sqrt(): F32 {
    return new F32(instruction([0x91], this));
  }
  /** The nearest whole number, ties to even. */
  nearest(): F32 {
    return new F32(instruction([0x90], this));
  }
  /** Truncated to a signed integer, saturating. */
  toI32(): I32 {
    return new I32(instruction([MISC, 0], this));
  }
  toF64(): F64 {
    return new F64(instruction([0xbb], this));
  }
}

/** A double precision number. */
export class F64 extends Value {
  override readonly machine: MachineType = "f64";
  override readonly storing = [3, 0x39] as const;

  static of(value: F64 | number): F64 {
    return typeof value === "number" ? new F64((code) => code.byte(0x44).float64(value)) : value;
  }

  #binary(opcode: number, other: F64 | number): F64 {
    return new F64(instruction([opcode], this, F64.of(other)));
  }
  #compare(opcode: number, other: F64 | number): I32 {
    return new I32(instruction([opcode], this, F64.of(other)));
  }

  add(other: F64 | number): F64 {
    return this.#binary(0xa0, other);
  }
  sub(other: F64 | number): F64 {
    return this.#binary(0xa1, other);
  }
  mul(other: F64 | number): F64 {
    return this.#binary(0xa2, other);
  }
  div(other: F64 | number): F64 {
    return this.#binary(0xa3, other);
  }
  min(other: F64 | number): F64 {
    return this.#binary(0xa4, other);
  }
  max(other: F64 | number): F64 {
    return this.#binary(0xa5, other);
  }
  eq(other: F64 | number): I32 {
    return this.#compare(0x61, other);
  }
  lt(other: F64 | number): I32 {
    return this.#compare(0x63, other);
  }
  gt(other: F64 | number): I32 {
    return this.#compare(0x64, other);
  }
  abs(): F64 {
    return new F64(instruction([0x99], this));
  }
  neg(): F64 {
    return new F64(instruction([0x9a], this));
  }
  sqrt(): F64 {
    return new F64(instruction([0x9f], this));
  }
  floor(): F64 {
    return new F64(instruction([0x9c], this));
  }
  /** The nearest whole number, ties to even. */
  nearest(): F64 {
    return new F64(instruction([0x9e], this));
  }
  /** Truncated to a signed integer, saturating. */
  toI32(): I32 {
    return new I32(instruction([MISC, 2], this));
  }
  /** Rounded to single precision. */
  toF32(): F32 {
    return new F32(instruction([0xb6], this));
  }
}
