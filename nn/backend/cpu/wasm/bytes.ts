/** A growing array of bytes with the number encodings of the WebAssembly binary format. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** Number of bytes written. */
  get length(): number {
    return this.#length;
  }

  /** What was written so far (a view; writing more may leave it behind). */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Appends single bytes. */
  byte(...values: number[]): this {
    for (const value of values) {
      this.#reserve(1);
      this.#bytes[this.#length++] = value;
    }
    return this;
  }

  /** Appends all of `values`. */
  append(values: Uint8Array): this {
    this.#reserve(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
    return this;
  }

  /** Unsigned LEB128 of a number below 2³². */
  unsigned(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  /** Signed LEB128 of a 64-bit number. */
  signed(value: number | bigint): this {
    let rest = BigInt.asIntN(64, BigInt(value));
    while (rest < -0x40n || rest >= 0x40n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    return this.byte(Number(rest & 0x7fn));
  }

  /** IEEE single precision, little-endian. */
  float32(value: number): this {
    return this.append(new Uint8Array(new Float32Array([value]).buffer));
  }

  /** IEEE double precision, little-endian. */
  float64(value: number): this {
    return this.append(new Uint8Array(new Float64Array([value]).buffer));
  }

  /** A name: its length and UTF-8 text. */
  name(text: string): this {
    const encoded = new TextEncoder().encode(text);
    return this.unsigned(encoded.length).append(encoded);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
