/** A second writer of `.npz` archives, for what `numpy.savez` and `savez_compressed` write. */
import { crc32, deflateRawSync } from "node:zlib";

/** A file of an archive. */
export interface NpzFile {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflated: boolean;
}

/** The bytes of an archive with these files, and a comment behind them. */
export function npzBytes(files: readonly NpzFile[], comment = ""): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [], directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, content, deflated } of files) {
    const packed = deflated ? new Uint8Array(deflateRawSync(content)) : content, text = new TextEncoder().encode(name);
    const fields = [20, 0, deflated ? 8 : 0, 0, 0x21];
    const sizes = [crc32(content), packed.length, content.length];
    parts.push(record(0x04034b50, fields, sizes, [text.length, 0]), text, packed);
    directory.push(
      record(0x02014b50, [20, ...fields], sizes, [text.length, 0, 0, 0, 0]),
      new Uint8Array(4),
      record(offset, [], [], []),
      text,
    );
    offset += 30 + text.length + packed.length;
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0), end = new TextEncoder().encode(comment);
  const tail = record(0x06054b50, [0, 0, files.length, files.length], [directoryBytes, offset], [end.length]);
  return new Uint8Array([...parts, ...directory, tail, end].flatMap((part) => [...part]));
}

/** A signature, fields of two bytes, of four, and of two again. */
function record(signature: number, shorts: number[], words: number[], last: number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 2 * shorts.length + 4 * words.length + 2 * last.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put = (value: number, size: 2 | 4) => {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  };
  put(signature, 4);
  for (const value of shorts) put(value, 2);
  for (const value of words) put(value, 4);
  for (const value of last) put(value, 2);
  return bytes;
}
