/** Bytes that are not what they should be; whoever knows the file adds its name. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** A place in bytes that moves on as they are read. Lengths are checked before anything is read; nothing is copied. */
export class ByteReader {
  /** Offset of the next byte. */
  offset = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** Whether all bytes were read. */
  get done(): boolean {
    return this.offset >= this.bytes.length;
  }

  /** The next `count` bytes, as a view. @throws {FormatError} if there are fewer. */
  take(count: number): Uint8Array {
    if (count > this.bytes.length - this.offset) {
      throw new FormatError(`${count} bytes wanted, ${this.bytes.length - this.offset} are left`);
    }
    this.offset += count;
    return this.bytes.subarray(this.offset - count, this.offset);
  }

  /** An unsigned number in groups of seven bits, the lowest first. @throws {FormatError} from 2⁵³ on or if cut off. */
  varint(): number {
    return safe(this.#bits());
  }

  /** The same for a signed number: negative ones are their two's complement in 64 bits. @throws {FormatError} */
  signedVarint(): number {
    const value = this.#bits();
    return typeof value === "number" ? value : safe(BigInt.asIntN(64, value));
  }

  /** Up to 49 bits as a number, more as 64 bits. */
  #bits(): number | bigint {
    const start = this.offset;
    for (let value = 0, factor = 1; factor < 2 ** 49; factor *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    this.offset = start;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new FormatError("a number has more than ten bytes");
  }

  #byte(): number {
    if (this.done) throw new FormatError("a number is cut off");
    return this.bytes[this.offset++];
  }
}

function safe(value: number | bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new FormatError(`the number ${value} is out of range`);
  return number;
}
