import { ByteReader, FormatError } from "../../../base/byte_reader.ts";

/**
 * Decompresses a snappy block (google/snappy, format_description.txt): the length of the result, then literals and
 * copies of what was written before.
 *
 * @param limit most bytes that the result may have; checked before memory is taken.
 * @throws {FormatError} if the block is longer, cut off, or copies from before its start.
 */
export function decompressSnappy(block: Uint8Array, limit: number): Uint8Array<ArrayBuffer> {
  const reader = new ByteReader(block);
  const length = reader.varint();
  if (length > limit) throw new FormatError(`it claims to unpack to ${length} bytes, at most ${limit} are plausible`);
  const out = new Uint8Array(length);
  let at = 0;
  const room = (count: number) => {
    if (count > length - at) throw new FormatError(`it unpacks to more than the ${length} bytes it claims`);
  };
  while (!reader.done) {
    const [tag] = reader.take(1);
    if ((tag & 3) === 0) {
      const size = tag >> 2;
      const count = 1 + (size < 60 ? size : littleEndian(reader.take(size - 59)));
      room(count);
      out.set(reader.take(count), at);
      at += count;
      continue;
    }
    const [count, distance] = (tag & 3) === 1
      ? [4 + (tag >> 2 & 7), (tag >> 5) * 256 + reader.take(1)[0]]
      : [1 + (tag >> 2), littleEndian(reader.take((tag & 3) === 2 ? 2 : 4))];
    if (distance === 0 || distance > at) throw new FormatError(`it copies from ${distance} bytes before byte ${at}`);
    room(count);
    // Byte by byte: a copy may reach into what it has just written.
    for (const end = at + count; at < end; at++) out[at] = out[at - distance];
  }
  if (at !== length) throw new FormatError(`it unpacks to ${at} bytes and claims ${length}`);
  return out;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
