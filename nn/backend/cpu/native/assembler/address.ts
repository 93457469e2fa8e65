/** The bytes that name an operand in memory: ModRM, SIB, displacement. */
import type { ByteWriter } from "../../wasm/bytes.ts";
import { Label, type Memory } from "./operands.ts";

/** A 32-bit distance in the code, to be filled in: from the end of the field to the label. */
export interface Fixup {
  readonly label: Label;
  /** Where the field starts, in bytes from the start of the code. */
  readonly field: number;
}

/** Appends a signed 32-bit number. */
export function signed32(out: ByteWriter, value: number): void {
  out.byte(value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, value >> 24 & 0xff);
}

/** Appends ModRM for two registers; numbers modulo 8 count. */
export function registerOperand(out: ByteWriter, field: number, index: number): void {
  out.byte(0xc0 | (field & 7) << 3 | index & 7);
}

/**
 * Appends ModRM, SIB and displacement. A displacement that is a multiple of `unit` is written in one byte if it fits
 * (EVEX counts short displacements in such units). A label becomes an address relative to the next instruction, which
 * must follow at once: no immediate.
 */
export function memoryOperand(
  out: ByteWriter,
  field: number,
  place: Memory | Label,
  fixups: Fixup[],
  unit = 1,
): void {
  const register = (field & 7) << 3;
  if (place instanceof Label) {
    out.byte(register | 5);
    fixups.push({ label: place, field: out.length });
    return signed32(out, 0);
  }
  const { base, index, scale, displacement } = place;
  const short = displacement / unit, fits = Number.isInteger(short) && short >= -128 && short < 128;
  // Without displacement, the codes of rbp and r13 mean something else.
  const mode = displacement === 0 && (base.index & 7) !== 5 ? 0 : fits ? 1 : 2;
  if (index !== null || (base.index & 7) === 4) {
    out.byte(mode << 6 | register | 4);
    out.byte(Math.log2(scale) << 6 | ((index?.index ?? 4) & 7) << 3 | base.index & 7);
  } else out.byte(mode << 6 | register | base.index & 7);
  if (mode === 1) out.byte(short & 0xff);
  else if (mode === 2) signed32(out, displacement);
}
