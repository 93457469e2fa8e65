import { ByteReader, FormatError } from "../../../base/byte_reader.ts";
import { maskedCrc32c } from "../../../base/crc32c.ts";
import { type ByteSource, readingPart } from "./byte_source.ts";
import { decompressSnappy } from "./snappy.ts";
import { blockEntries, type TableEntry } from "./table_block.ts";

/** Length of a table's last part: two handles, padding, the magic number. */
export const FOOTER_BYTES = 48;
/** Last eight bytes of a table: 0xdb4775248b80fb57, little-endian. */
export const TABLE_MAGIC: readonly number[] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
/** What follows a block: its compression and its checksum. */
export const BLOCK_TRAILER_BYTES = 5;

/** Packed blocks of real tables grow less than this many times the file; more is not unpacked. */
const UNPACKED_LIMIT = 3;

const NO_COMPRESSION = 0, SNAPPY = 1;

/** Where a block is, without its trailer. */
interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

/** A data block and the end of its range of keys: every key in it is ≤ `lastKey`. */
interface IndexEntry extends BlockHandle {
  readonly lastKey: string;
}

/**
 * An immutable sorted map from keys to bytes in a file, LevelDB's table, which TensorFlow uses for checkpoints
 * (google/leveldb, doc/table_format.md). Blocks are read and checked when they are needed.
 */
export class Table {
  private constructor(readonly source: ByteSource, private readonly index: readonly IndexEntry[]) {}

  /**
   * Reads footer and index; the source stays with the caller.
   * @throws {UserError} naming the file and the part that is damaged.
   */
  static async open(source: ByteSource): Promise<Table> {
    const handle = await readingPart(source.name, "the last 48 bytes", async () => {
      if (source.size < FOOTER_BYTES) throw new FormatError(`it is truncated: it has ${source.size} bytes`);
      const footer = await source.read(source.size - FOOTER_BYTES, FOOTER_BYTES);
      if (TABLE_MAGIC.some((byte, i) => footer[FOOTER_BYTES - 8 + i] !== byte)) {
        throw new FormatError("the magic number of a table is missing; the file is truncated or no checkpoint");
      }
      const reader = new ByteReader(footer);
      readHandle(reader); // of the meta index, which is empty in checkpoints
      return readHandle(reader);
    });
    const index = await readingPart(source.name, "the index", async () => {
      const entries: IndexEntry[] = [];
      let end = 0;
      for (const { key, value } of blockEntries(await readBlock(source, handle))) {
        const { offset, size } = readHandle(new ByteReader(value));
        if (offset < end) throw new FormatError("its blocks overlap");
        end = offset + size + BLOCK_TRAILER_BYTES;
        entries.push({ lastKey: key, offset, size });
      }
      return entries;
    });
    return new Table(source, index);
  }

  /** The value of a key, null if the table has it not. @throws {UserError} if its block is damaged. */
  async get(key: string): Promise<Uint8Array | null> {
    const block = this.index.find(({ lastKey }) => lastKey >= key);
    if (!block) return null;
    return await this.#inBlock(block, (entries) => {
      for (const entry of entries) if (entry.key === key) return entry.value;
      return null;
    });
  }

  /** Calls `visit` with every entry in order of the keys; values share memory with their block. @throws {UserError} */
  async forEach(visit: (entry: TableEntry) => void): Promise<void> {
    let previous: string | null = null;
    for (const block of this.index) {
      await this.#inBlock(block, (entries) => {
        for (const entry of entries) {
          if (previous !== null && entry.key <= previous) throw new FormatError("its keys are not in ascending order");
          previous = entry.key;
          visit(entry);
        }
      });
    }
  }

  #inBlock<T>(handle: BlockHandle, use: (entries: Iterable<TableEntry>) => T): Promise<T> {
    return readingPart(this.source.name, `the block at byte ${handle.offset}`, async () => {
      return use(blockEntries(await readBlock(this.source, handle)));
    });
  }
}

function readHandle(reader: ByteReader): BlockHandle {
  return { offset: reader.varint(), size: reader.varint() };
}

async function readBlock(source: ByteSource, { offset, size }: BlockHandle): Promise<Uint8Array> {
  const bytes = await source.read(offset, size + BLOCK_TRAILER_BYTES);
  const stored = new DataView(bytes.buffer).getUint32(size + 1, true);
  if (maskedCrc32c(bytes.subarray(0, size + 1)) !== stored) throw new FormatError("its checksum does not match");
  const content = bytes.subarray(0, size), compression = bytes[size];
  if (compression === NO_COMPRESSION) return content;
  if (compression === SNAPPY) return decompressSnappy(content, UNPACKED_LIMIT * source.size);
  throw new FormatError(`its compression ${compression} is unknown, expected 0 (none) or 1 (snappy)`);
}
