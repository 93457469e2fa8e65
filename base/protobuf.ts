/**
 * The kinds of protobuf fields that TensorBoard events and TensorFlow checkpoints need, as bytes to concatenate; and
 * messages taken apart again (protobuf.dev, "Encoding").
 */

const WIRE_VARINT = 0, WIRE_64_BIT = 1, WIRE_BYTES = 2, WIRE_32_BIT = 5;

/** A whole number from 0 to 2⁵³ − 1 in groups of seven bits, the lowest first. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push(value % 0x80 | 0x80);
  return [...bytes, value];
}

function key(field: number, wireType: number): number[] {
  return varint(field * 8 + wireType);
}

/** Joins encoded fields to a message. */
export function message(...fields: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, field) => sum + field.length, 0));
  let offset = 0;
  for (const field of fields) {
    bytes.set(field, offset);
    offset += field.length;
  }
  return bytes;
}

/** An `int32`, `int64` or `enum` field. @throws {RangeError} unless `value` is a whole number from 0 to 2⁵³ − 1. */
export function integerField(field: number, value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no whole number from 0 to 2^53 - 1`);
  return Uint8Array.from([...key(field, WIRE_VARINT), ...varint(value)]);
}

/** A `double` field. */
export function doubleField(field: number, value: number): Uint8Array {
  return message(Uint8Array.from(key(field, WIRE_64_BIT)), littleEndian(8, (view) => view.setFloat64(0, value, true)));
}

/** A `float` field. */
export function floatField(field: number, value: number): Uint8Array {
  return message(Uint8Array.from(key(field, WIRE_32_BIT)), littleEndian(4, (view) => view.setFloat32(0, value, true)));
}

/** A `fixed32` field. */
export function fixed32Field(field: number, value: number): Uint8Array {
  return message(Uint8Array.from(key(field, WIRE_32_BIT)), littleEndian(4, (view) => view.setUint32(0, value, true)));
}

/** A `bytes`, `string` or message field. */
export function bytesField(field: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return message(Uint8Array.from([...key(field, WIRE_BYTES), ...varint(bytes.length)]), bytes);
}

function littleEndian(size: number, set: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  set(new DataView(bytes.buffer));
  return bytes;
}
