/** Reading the linear memory. Addresses are bytes; `offset` is a constant added for free. */
import { F32, F64 } from "./float.ts";
import { F32x4, F64x2 } from "./float_vector.ts";
import { I32, I64 } from "./integer.ts";
import { ATOMIC, type Recipe, SIMD } from "./value.ts";
import { I32x4 } from "./integer_vector.ts";

function loading(opcode: readonly number[], alignment: number, address: I32, offset: number): Recipe {
  return (code) => {
    address.write(code);
    code.byte(opcode[0]);
    if (opcode.length > 1) code.unsigned(opcode[1]);
    code.unsigned(alignment).unsigned(offset);
  };
}

/** Loads, evaluated where they are used. Unaligned addresses are allowed, except for `atomicI32`. */
export const load = {
  i32: (address: I32, offset = 0): I32 => new I32(loading([0x28], 2, address, offset)),
  /** One byte, zero-extended. */
  u8: (address: I32, offset = 0): I32 => new I32(loading([0x2d], 0, address, offset)),
  i64: (address: I32, offset = 0): I64 => new I64(loading([0x29], 3, address, offset)),
  f32: (address: I32, offset = 0): F32 => new F32(loading([0x2a], 2, address, offset)),
  f64: (address: I32, offset = 0): F64 => new F64(loading([0x2b], 3, address, offset)),
  f32x4: (address: I32, offset = 0): F32x4 => new F32x4(loading([SIMD, 0x00], 2, address, offset)),
  i32x4: (address: I32, offset = 0): I32x4 => new I32x4(loading([SIMD, 0x00], 2, address, offset)),
  f64x2: (address: I32, offset = 0): F64x2 => new F64x2(loading([SIMD, 0x00], 3, address, offset)),
  /** One number in all four lanes. */
  splatF32: (address: I32, offset = 0): F32x4 => new F32x4(loading([SIMD, 0x09], 2, address, offset)),
  /** Two numbers in the first two lanes, zero in the others. */
  lowF32x2: (address: I32, offset = 0): F32x4 => new F32x4(loading([SIMD, 0x5d], 2, address, offset)),
  /** Sequentially consistent; the address must be a multiple of 4. */
  atomicI32: (address: I32, offset = 0): I32 => new I32(loading([ATOMIC, 0x10], 2, address, offset)),
};
