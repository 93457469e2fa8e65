import { crc32 } from "node:zlib";
import { FormatError } from "../../base/byte_reader.ts";

const END_SIGNATURE = 0x06054b50, ENTRY_SIGNATURE = 0x02014b50, LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22, ENTRY_BYTES = 46, LOCAL_BYTES = 30;
/** A field of 32 bits that stands for one in the ZIP64 extension. */
const IN_EXTENSION = 0xffffffff;
const STORED = 0, DEFLATED = 8;

/** A file of an archive, not unpacked yet. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes after unpacking, as the archive claims. */
  readonly size: number;
  /** Packed bytes, a view into the archive. */
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly deflated: boolean;
  /** CRC-32 of the unpacked bytes. */
  readonly checksum: number;
}

/**
 * The files of a ZIP archive (APPNOTE.TXT 4.3), with the ZIP64 sizes that NumPy writes; no encryption, no volumes.
 * @throws {FormatError} naming the entry that is damaged.
 */
export function zipEntries(bytes: Uint8Array<ArrayBuffer>): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - END_BYTES;
  // The end record is followed by a comment of up to 64 KiB.
  while (end >= 0 && end > bytes.length - END_BYTES - 0x10000 && view.getUint32(end, true) !== END_SIGNATURE) end--;
  if (end < 0 || view.getUint32(end, true) !== END_SIGNATURE) {
    throw new FormatError("it is truncated or no ZIP archive: its end record is missing");
  }
  const entries: ZipEntry[] = [];
  let at = view.getUint32(end + 16, true), before = 0;
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw new FormatError("its directory is damaged");
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes));
    const [packedSize, size, offset] = [20, 24, 42].map((field) => view.getUint32(at + field, true));
    const checksum = view.getUint32(at + 16, true);
    const method = view.getUint16(at + 10, true);
    if (method !== STORED && method !== DEFLATED) {
      throw new FormatError(`${name} is packed by the unknown method ${method}`);
    }
    if ([packedSize, size, offset].includes(IN_EXTENSION)) throw new FormatError(`${name} is larger than 4 GiB`);
    if (offset < before || offset + LOCAL_BYTES > bytes.length || view.getUint32(offset, true) !== LOCAL_SIGNATURE) {
      throw new FormatError(`${name} is not where the directory says`);
    }
    const start = offset + LOCAL_BYTES + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
    if (start + packedSize > bytes.length) throw new FormatError(`${name} is truncated`);
    before = start + packedSize; // entries that share bytes would unpack to far more than the file
    entries.push({
      name,
      size,
      packed: bytes.subarray(start, start + packedSize),
      deflated: method === DEFLATED,
      checksum,
    });
    at += ENTRY_BYTES + nameBytes + extraBytes + commentBytes;
  }
  return entries;
}

/** Unpacks a file of an archive. @throws {FormatError} if it is damaged or unpacks to another size than claimed. */
export async function unzip(entry: ZipEntry): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await unpacked(entry);
  if (crc32(bytes) === entry.checksum) return bytes;
  throw new FormatError(`${entry.name} is damaged: its checksum does not match`);
}

async function unpacked({ name, size, packed, deflated }: ZipEntry): Promise<Uint8Array<ArrayBuffer>> {
  if (!deflated) {
    if (packed.length !== size) throw new FormatError(`${name} has ${packed.length} bytes, the directory says ${size}`);
    return packed;
  }
  // Deflate packs at most 1032 to 1: a larger claim is none of a real file.
  if (size > 1032 * packed.length + 64) throw new FormatError(`${name} claims to unpack to ${size} bytes`);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"))) {
      length += part.length;
      if (length > size) {
        throw new FormatError(`${name} unpacks to more than the ${size} bytes that the directory says`);
      }
      parts.push(part);
    }
  } catch (cause) {
    throw cause instanceof FormatError ? cause : new FormatError(`${name} is damaged (${String(cause)})`);
  }
  if (length !== size) throw new FormatError(`${name} unpacks to ${length} bytes, the directory says ${size}`);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
