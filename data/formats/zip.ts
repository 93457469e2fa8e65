/** ZIP archives, as zip.js reads them: ZIP64, checksums, entries that overlap or that claim what they do not hold. */
import { configure, type FileEntry, Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js";
import { FormatError } from "../../base/byte_reader.ts";

configure({ useWebWorkers: false });

/** Deflate packs at most 1032 to 1: a larger claim is none of a real file. */
const BEST_RATIO = 1032;

/** A file of an archive, not unpacked yet. */
export interface ZipEntry {
  /** Path in the archive; two entries may have the same. */
  readonly name: string;
  /** Unpacks it. @throws {FormatError} if it is damaged or unpacks to another size than claimed. */
  unzip(): Promise<Uint8Array<ArrayBuffer>>;
}

/** The files of an archive, in the order of its directory. @throws {FormatError} if the directory is damaged. */
export async function zipEntries(bytes: Uint8Array): Promise<ZipEntry[]> {
  const reader = new ZipReader(new Uint8ArrayReader(bytes), {
    checkSignature: true,
    checkOverlappingEntry: true,
    filenameValidation: "tolerant", // whoever makes a path of a name makes it safe (base/file_name.ts)
  });
  const entries = await reporting("its directory", () => reader.getEntries());
  return entries.filter((entry) => !entry.directory).map((entry) => ({
    name: entry.filename,
    unzip: () => reporting(entry.filename, () => unzip(entry)),
  }));
}

async function unzip(entry: FileEntry): Promise<Uint8Array<ArrayBuffer>> {
  const { compressedSize, uncompressedSize } = entry;
  if (uncompressedSize > BEST_RATIO * compressedSize + 64) throw new Error(`claims to be of ${uncompressedSize} bytes`);
  return await entry.getData(new Uint8ArrayWriter());
}

async function reporting<T>(part: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`${part} is damaged, or it is no ZIP archive (${reason})`);
  }
}
