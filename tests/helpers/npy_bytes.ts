/** A second writer of `.npy` files, independent of data/formats/npy.ts, for every variant that NumPy can write. */
import type { NpyArray } from "../../data/formats/npy.ts";

/** How to write the file. */
export interface NpyVariant {
  readonly version?: 1 | 2 | 3;
  readonly bigEndian?: boolean;
  readonly fortranOrder?: boolean;
  /** Replaces the dictionary of the header. */
  readonly dictionary?: string;
}

const LETTER = { bool: "b", int: "i", uint: "u", float: "f" };

/** The bytes of an array as NumPy would write it in that variant. */
export function npyBytes({ dtype, shape, data }: NpyArray, variant: NpyVariant = {}): Uint8Array {
  const { version = 1, bigEndian = false, fortranOrder = false } = variant;
  const itemBytes = data.BYTES_PER_ELEMENT;
  const letter = LETTER[dtype.replace(/\d/g, "") as keyof typeof LETTER];
  const descr = `${itemBytes === 1 ? "|" : bigEndian ? ">" : "<"}${letter}${itemBytes}`;
  const dictionary = variant.dictionary ??
    `{'descr': '${descr}', 'fortran_order': ${fortranOrder ? "True" : "False"}, ` +
      `'shape': (${shape.map((size) => `${size},`).join(" ")}), }`;
  const text = new TextEncoder().encode(dictionary + "\n");
  const lengthBytes = version === 1 ? 2 : 4;
  const bytes = new Uint8Array(8 + lengthBytes + text.length + data.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), version, 0]);
  for (let i = 0; i < lengthBytes; i++) bytes[8 + i] = text.length >> (8 * i);
  bytes.set(text, 8 + lengthBytes);
  const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const start = 8 + lengthBytes + text.length;
  for (let i = 0; i < data.length; i++) {
    const to = start + itemBytes * (fortranOrder ? fortranPosition(i, shape) : i);
    for (let byte = 0; byte < itemBytes; byte++) {
      bytes[to + (bigEndian ? itemBytes - 1 - byte : byte)] = source[i * itemBytes + byte];
    }
  }
  return bytes;
}

/** Where element `i` in C order lies in Fortran order. */
function fortranPosition(i: number, shape: readonly number[]): number {
  const index: number[] = [];
  for (const size of shape.toReversed()) {
    index.unshift(i % size);
    i = Math.floor(i / size);
  }
  return index.reduceRight((position, at, axis) => position * shape[axis] + at, 0);
}
