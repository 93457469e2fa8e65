/**
 * What every WebAssembly value in the builder is: a recipe that writes instructions leaving it on the stack.
 *
 * A value is evaluated where it is used and each time it is used. Keep it in a local to compute it once, or to read
 * memory before a later store changes it.
 */
import type { ByteWriter } from "./bytes.ts";

/** Value types of the WebAssembly machine. */
export type MachineType = "i32" | "i64" | "f32" | "f64" | "v128";

/** Binary codes of {@link MachineType}. */
export const TYPE_CODE: Readonly<Record<MachineType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** Writes the instructions that leave one value on the stack. */
export type Recipe = (code: ByteWriter) => void;

/** A typed value; subclasses carry the instructions of their type. */
export abstract class Value {
  /** Machine type of the value. */
  abstract readonly machine: MachineType;
  /** The instruction (prefix and number) that stores it, and log2 of its natural alignment in bytes. */
  abstract readonly storing: readonly [alignment: number, prefix: number, opcode?: number];

  constructor(readonly write: Recipe) {}
}

/** Recipe of an instruction on the given operands: plain (`opcode`), or prefixed when two numbers are given. */
export function instruction(opcode: readonly number[], ...operands: readonly Value[]): Recipe {
  return (code) => {
    for (const operand of operands) operand.write(code);
    code.byte(opcode[0]);
    if (opcode.length > 1) code.unsigned(opcode[1]);
    for (const immediate of opcode.slice(2)) code.byte(immediate);
  };
}

/** Prefix of vector instructions. */
export const SIMD = 0xfd;
/** Prefix of saturating conversions and bulk memory instructions. */
export const MISC = 0xfc;
/** Prefix of atomic instructions. */
export const ATOMIC = 0xfe;
