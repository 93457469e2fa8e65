/** Reads TFRecord files of TensorBoard events without the writer's code: bit-wise checksum, generic protobuf. */
import { assertEquals } from "@std/assert";

/** Fields of a message by number: varints as numbers, the rest as bytes. */
export type Fields = Map<number, (number | Uint8Array)[]>;

function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const mix = (crc ^ (byte >> bit)) & 1;
      crc = (crc >>> 1) ^ (mix ? 0x82f63b78 : 0);
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function slowMasked(bytes: Uint8Array): number {
  const crc = BigInt(slowCrc32c(bytes));
  return Number((((crc >> 15n) | (crc << 17n)) % 2n ** 32n + 0xa282ead8n) % 2n ** 32n);
}

/** Payloads of the records of a file; fails on a wrong length or checksum. */
export function decodeRecords(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  let at = 0;
  while (at < file.length) {
    const length = Number(view.getBigUint64(at, true));
    assertEquals(view.getUint32(at + 8, true), slowMasked(file.subarray(at, at + 8)), "checksum of the length");
    const data = file.subarray(at + 12, at + 12 + length);
    assertEquals(view.getUint32(at + 12 + length, true), slowMasked(data), "checksum of the data");
    records.push(data);
    at += 16 + length;
  }
  assertEquals(at, file.length, "the last record is whole");
  return records;
}

/** Splits a protobuf message into its fields. */
export function decodeMessage(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n, shift = 0n;
    for (;; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  const take = (count: number) => bytes.slice(at, at += count);
  while (at < bytes.length) {
    const key = varint(), wire = key & 7;
    const value = wire === 0 ? varint() : take(wire === 1 ? 8 : wire === 5 ? 4 : varint());
    fields.set(key >> 3, [...fields.get(key >> 3) ?? [], value]);
  }
  assertEquals(at, bytes.length, "the last field is whole");
  return fields;
}

/** First value of a field as bytes. */
export function bytesOf(fields: Fields, field: number): Uint8Array {
  const value = fields.get(field)?.[0];
  if (!(value instanceof Uint8Array)) throw new Error(`field ${field} holds no bytes`);
  return value;
}

/** First value of a field as text. */
export function textOf(fields: Fields, field: number): string {
  return new TextDecoder().decode(bytesOf(fields, field));
}

/** First value of a field as a little-endian double or float. */
export function floatOf(fields: Fields, field: number): number {
  const bytes = bytesOf(fields, field);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return bytes.length === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true);
}
