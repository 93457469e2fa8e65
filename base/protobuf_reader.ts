import { ByteReader, FormatError } from "./byte_reader.ts";

/** A field of a message: a number for varints and 32-bit fields (as unsigned), the raw bytes for everything else. */
export type ProtobufField =
  | { readonly number: number; readonly kind: "integer"; readonly value: number }
  | { readonly number: number; readonly kind: "bytes"; readonly value: Uint8Array };

/**
 * The fields of a message in their order (protobuf.dev, "Encoding"); nothing is copied.
 * @throws {FormatError} at the first field that is cut off or of an unknown kind.
 */
export function* protobufFields(bytes: Uint8Array): Generator<ProtobufField, void, undefined> {
  const reader = new ByteReader(bytes);
  while (!reader.done) {
    const key = reader.varint(), number = Math.floor(key / 8);
    if (number === 0) throw new FormatError("a field has number 0");
    switch (key % 8) {
      case 0:
        yield { number, kind: "integer", value: reader.signedVarint() };
        break;
      case 1:
        yield { number, kind: "bytes", value: reader.take(8) };
        break;
      case 2:
        yield { number, kind: "bytes", value: reader.take(reader.varint()) };
        break;
      case 5: {
        const [a, b, c, d] = reader.take(4);
        yield { number, kind: "integer", value: (a | b << 8 | c << 16 | d << 24) >>> 0 };
        break;
      }
      default:
        throw new FormatError(`field ${number} is of unknown kind ${key % 8}`);
    }
  }
}
