/** Integers of 32 and 64 bits. */
import { F32, F64 } from "./float.ts";
import { instruction, type MachineType, type Recipe, Value } from "./value.ts";

/** A 32-bit integer, address or truth value (0 or 1). Comparisons and division are unsigned unless named otherwise. */
export class I32 extends Value {
  override readonly machine: MachineType = "i32";
  override readonly storing = [2, 0x36] as const;

  static of(value: I32 | number): I32 {
    return typeof value === "number" ? new I32((code) => code.byte(0x41).signed(value | 0)) : value;
  }

  #binary(opcode: number, other: I32 | number): I32 {
    return new I32(instruction([opcode], this, I32.of(other)));
  }

  add(other: I32 | number): I32 {
    return other === 0 ? this : this.#binary(0x6a, other);
  }
  sub(other: I32 | number): I32 {
    return other === 0 ? this : this.#binary(0x6b, other);
  }
  mul(other: I32 | number): I32 {
    return other === 1 ? this : this.#binary(0x6c, other);
  }
  div(other: I32 | number): I32 {
    return this.#binary(0x6e, other);
  }
  rem(other: I32 | number): I32 {
    return this.#binary(0x70, other);
  }
  and(other: I32 | number): I32 {
    return this.#binary(0x71, other);
  }
  or(other: I32 | number): I32 {
    return this.#binary(0x72, other);
  }
  xor(other: I32 | number): I32 {
    return this.#binary(0x73, other);
  }
  shl(other: I32 | number): I32 {
    return this.#binary(0x74, other);
  }
  shr(other: I32 | number): I32 {
    return this.#binary(0x76, other);
  }
  shrSigned(other: I32 | number): I32 {
    return this.#binary(0x75, other);
  }
  eq(other: I32 | number): I32 {
    return this.#binary(0x46, other);
  }
  ne(other: I32 | number): I32 {
    return this.#binary(0x47, other);
  }
  lt(other: I32 | number): I32 {
    return this.#binary(0x49, other);
  }
  gt(other: I32 | number): I32 {
    return this.#binary(0x4b, other);
  }
  le(other: I32 | number): I32 {
    return this.#binary(0x4d, other);
  }
  ge(other: I32 | number): I32 {
    return this.#binary(0x4f, other);
  }
  ltSigned(other: I32 | number): I32 {
    return this.#binary(0x48, other);
  }
  gtSigned(other: I32 | number): I32 {
    return this.#binary(0x4a, other);
  }
  /** 1 if this is 0, else 0. */
  not(): I32 {
    return new I32(instruction([0x45], this));
  }
  /** Number of zero bits below the lowest one bit; 32 for 0. */
  trailingZeros(): I32 {
    return new I32(instruction([0x68], this));
  }
  /** The smaller of two unsigned numbers. Both are evaluated twice. */
  min(other: I32 | number): I32 {
    return this.lt(other).select<I32>(this, I32.of(other));
  }
  /** The larger of two unsigned numbers. Both are evaluated twice. */
  max(other: I32 | number): I32 {
    return this.gt(other).select<I32>(this, I32.of(other));
  }
  /** `a` where this is not 0, else `b`; both are evaluated. */
  select<T extends Value>(a: T, b: NoInfer<T>): T {
    const choose: Recipe = (code) => {
      a.write(code);
      b.write(code);
      this.write(code);
      if (a.machine === "v128") code.byte(0x1c, 1, 0x7b);
      else code.byte(0x1b);
    };
    return new (a.constructor as new (write: Recipe) => T)(choose);
  }
  /** The signed value in single precision. */
  toF32(): F32 {
    return new F32(instruction([0xb2], this));
  }
  /** The signed value in double precision. */
  toF64(): F64 {
    return new F64(instruction([0xb7], this));
  }
  /** The unsigned value in double precision. */
  unsignedToF64(): F64 {
    return new F64(instruction([0xb8], this));
  }
}

/** A 64-bit integer; only what wide products need. */
export class I64 extends Value {
  override readonly machine: MachineType = "i64";
  override readonly storing = [3, 0x37] as const;

  static of(value: I64 | bigint): I64 {
    return typeof value === "bigint" ? new I64((code) => code.byte(0x42).signed(value)) : value;
  }

  add(other: I64 | bigint): I64 {
    return new I64(instruction([0x7c], this, I64.of(other)));
  }
  mul(other: I64 | bigint): I64 {
    return new I64(instruction([0x7e], this, I64.of(other)));
  }
  shl(other: I64 | bigint): I64 {
    return new I64(instruction([0x86], this, I64.of(other)));
  }
  shr(other: I64 | bigint): I64 {
    return new I64(instruction([0x88], this, I64.of(other)));
  }
  /** The low 32 bits. */
  toI32(): I32 {
    return new I32(instruction([0xa7], this));
  }
}
