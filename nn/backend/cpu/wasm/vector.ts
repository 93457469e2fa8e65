/** What all 128-bit vectors share. */
import { instruction, type MachineType, type Recipe, SIMD, Value } from "./value.ts";

/** Four lanes of 32 bits or two of 64; the subclass says how arithmetic sees them. */
export abstract class Vector extends Value {
  override readonly machine: MachineType = "v128";
  override readonly storing = [4, SIMD, 0x0b] as const;

  protected same(opcode: readonly number[], ...operands: Value[]): this {
    return new (this.constructor as new (write: Recipe) => this)(instruction(opcode, ...operands));
  }

  and(other: Vector): this {
    return this.same([SIMD, 0x4e], this, other);
  }
  or(other: Vector): this {
    return this.same([SIMD, 0x50], this, other);
  }
  xor(other: Vector): this {
    return this.same([SIMD, 0x51], this, other);
  }
  /** Four lanes of 32 bits out of this (0–3) and `other` (4–7). */
  shuffle(other: Vector, lanes: readonly [number, number, number, number]): this {
    const bytes = lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));
    return this.same([SIMD, 0x0d, ...bytes], this, other);
  }
  /** The same 128 bits seen as another kind of vector. */
  as<T extends Vector>(type: new (write: Recipe) => T): T {
    return new type(this.write);
  }
}
