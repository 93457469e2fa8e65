/** Code as it grows: bytes, labels that are filled in at the end, and the bytes that name operands. */
import { ByteWriter } from "../../wasm/bytes.ts";
import { Label, type Memory } from "./operands.ts";

/** Collects code. Distances to labels are 32 bits and filled in by {@link finish}. */
export class Code {
  readonly #out = new ByteWriter();
  /** Distances from the end of a field, which starts so many bytes from the start of the code, to a label. */
  readonly #fixups: { readonly label: Label; readonly field: number }[] = [];
  readonly #distances: { readonly label: Label; readonly origin: Label; readonly field: number }[] = [];

  /** Bytes so far. */
  get length(): number {
    return this.#out.length;
  }

  /** The code, position-independent. @throws {Error} if a label was used and never placed */
  finish(): Uint8Array<ArrayBuffer> {
    const code = this.#out.bytes.slice(), view = new DataView(code.buffer);
    for (const { label, field } of this.#fixups) {
      if (label.offset === null) throw new Error(`the label used at ${field} was never placed`);
      view.setInt32(field, label.offset - field - 4, true);
    }
    for (const { label, origin, field } of this.#distances) {
      if (label.offset === null || origin.offset === null) throw new Error("a label in a table was never placed");
      view.setInt32(field, label.offset - origin.offset, true);
    }
    return code;
  }

  /** Appends bytes. */
  byte(...values: number[]): void {
    this.#out.byte(...values);
  }

  /** Appends a signed 32-bit number. */
  signed32(value: number): void {
    this.byte(value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, value >> 24 & 0xff);
  }

  /** Appends the distance from its own end to a label. */
  distance(label: Label): void {
    this.#fixups.push({ label, field: this.length });
    this.signed32(0);
  }

  /** Appends the distance of a label from another. */
  offset(label: Label, origin: Label): void {
    this.#distances.push({ label, origin, field: this.length });
    this.signed32(0);
  }

  /** Appends ModRM for two registers; numbers modulo 8 count. */
  registerOperand(field: number, index: number): void {
    this.byte(0xc0 | (field & 7) << 3 | index & 7);
  }

  /**
   * Appends ModRM, SIB and displacement. A displacement that is a multiple of `unit` is written in one byte if it fits
   * (EVEX counts short displacements in such units). A label becomes an address relative to the next instruction, which
   * must follow at once: no immediate.
   */
  memoryOperand(field: number, place: Memory | Label, unit = 1): void {
    const register = (field & 7) << 3;
    if (place instanceof Label) {
      this.byte(register | 5);
      return this.distance(place);
    }
    const { base, index, scale, displacement } = place;
    const short = displacement / unit, fits = Number.isInteger(short) && short >= -128 && short < 128;
    // Without displacement, the codes of rbp and r13 mean something else.
    const mode = displacement === 0 && (base.index & 7) !== 5 ? 0 : fits ? 1 : 2;
    if (index !== null || (base.index & 7) === 4) {
      this.byte(mode << 6 | register | 4);
      this.byte(Math.log2(scale) << 6 | ((index?.index ?? 4) & 7) << 3 | base.index & 7);
    } else this.byte(mode << 6 | register | base.index & 7);
    if (mode === 1) this.byte(short & 0xff);
    else if (mode === 2) this.signed32(displacement);
  }
}
