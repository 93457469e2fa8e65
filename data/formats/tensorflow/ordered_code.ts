/** Keys that sort like what they stand for (tensorflow/core/lib/strings/ordered_code.h), as V1 checkpoints have them. */

/** A part of a tensor along one axis; `length` −1 is all of it. */
export interface Extent {
  readonly start: number;
  readonly length: number;
}

/** The key under which a V1 checkpoint keeps a slice of a tensor, as a string with one character per byte. */
export function sliceKey(name: string, slice: readonly Extent[]): string {
  return increasing(0) + escaped(name) + increasing(slice.length) +
    slice.map(({ start, length }) => signedIncreasing(start) + signedIncreasing(length)).join("");
}

/** Text in UTF-8 with `00 → 00 ff`, `ff → ff 00`, and `00 01` at its end. */
function escaped(text: string): string {
  let out = "";
  for (const byte of new TextEncoder().encode(text)) {
    out += String.fromCharCode(byte) + (byte === 0 ? "\xff" : byte === 0xff ? "\0" : "");
  }
  return out + "\0\x01";
}

/** Number of bytes, then the bytes of an unsigned number, the highest first. */
function increasing(value: number): string {
  const bytes = bigEndian(BigInt(value));
  return String.fromCharCode(bytes.length, ...bytes);
}

/**
 * A signed number in n bytes of seven bits: as many ones as bytes in front of a non-negative number, and of a negative
 * one the complement of its complement's code.
 */
function signedIncreasing(value: number): string {
  const magnitude = BigInt(value < 0 ? -value - 1 : value);
  let count = 1;
  while (magnitude >= 1n << BigInt(7 * count - 1)) count++;
  const header = ((1n << BigInt(count)) - 1n) << BigInt(7 * count);
  const bytes = bigEndian(header | magnitude);
  return String.fromCharCode(...value < 0 ? bytes.map((byte) => byte ^ 0xff) : bytes);
}

function bigEndian(value: bigint): number[] {
  const bytes: number[] = [];
  for (; value > 0n; value >>= 8n) bytes.unshift(Number(value & 0xffn));
  return bytes;
}
