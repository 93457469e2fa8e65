/** What instructions work on: registers, places in memory, places in the code. */

/** A 64-bit general register. */
export class Register {
  constructor(readonly index: number, readonly name: string) {}
}

const register = (index: number, name: string) => new Register(index, name);

/** The general registers by their names in Intel's manuals. */
export const RAX: Register = register(0, "rax");
export const RCX: Register = register(1, "rcx");
export const RDX: Register = register(2, "rdx");
export const RBX: Register = register(3, "rbx");
export const RSP: Register = register(4, "rsp");
export const RBP: Register = register(5, "rbp");
export const RSI: Register = register(6, "rsi");
export const RDI: Register = register(7, "rdi");
export const R8: Register = register(8, "r8");
export const R9: Register = register(9, "r9");
export const R10: Register = register(10, "r10");
export const R11: Register = register(11, "r11");
export const R12: Register = register(12, "r12");
export const R13: Register = register(13, "r13");
export const R14: Register = register(14, "r14");
export const R15: Register = register(15, "r15");

/** Bytes of a vector register: xmm, ymm, zmm. */
export type VectorBytes = 16 | 32 | 64;

/** A vector register, seen at one of its widths. */
export class VectorRegister {
  constructor(readonly index: number, readonly bytes: VectorBytes) {}

  /** Its lowest part. */
  at(bytes: VectorBytes): VectorRegister {
    return new VectorRegister(this.index, bytes);
  }
}

/** The address base + index·scale + displacement. */
export class Memory {
  constructor(
    readonly base: Register,
    readonly displacement: number,
    readonly index: Register | null = null,
    readonly scale: 1 | 2 | 4 | 8 = 1,
  ) {
    if (index === RSP) throw new RangeError("rsp cannot be an index");
  }

  /** The place so many bytes further. */
  plus(bytes: number): Memory {
    return new Memory(this.base, this.displacement + bytes, this.index, this.scale);
  }
}

/** `[base + displacement]`. */
export function at(base: Register, displacement = 0): Memory {
  return new Memory(base, displacement);
}

/** `[base + index·scale + displacement]`. */
export function indexed(base: Register, index: Register, scale: 1 | 2 | 4 | 8 = 1, displacement = 0): Memory {
  return new Memory(base, displacement, index, scale);
}

/** A place in the code, known once `Assembler.place` has been called. */
export class Label {
  /** Bytes from the start of the code. */
  offset: number | null = null;
}

/** Conditions of jumps and moves by their codes; `below` and `above` compare unsigned, `less` and `greater` signed. */
export const CONDITION = {
  below: 2,
  aboveOrEqual: 3,
  equal: 4,
  notEqual: 5,
  belowOrEqual: 6,
  above: 7,
  less: 12,
  greaterOrEqual: 13,
  lessOrEqual: 14,
  greater: 15,
} as const;

/** A condition by its name. */
export type Condition = keyof typeof CONDITION;
