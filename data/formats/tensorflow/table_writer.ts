import { maskedCrc32c } from "../../../base/crc32c.ts";
import { message, varint } from "../../../base/protobuf.ts";
import { BLOCK_TRAILER_BYTES, FOOTER_BYTES, TABLE_MAGIC } from "./table.ts";
import { binaryBytes, type TableEntry } from "./table_block.ts";

/** A new block starts when one has this many bytes, TensorFlow's choice. */
const BLOCK_BYTES = 256 * 1024;
/** So many keys share prefixes before one is whole again. */
const RESTART_INTERVAL = 16;

/** A table of entries in ascending order of their keys, uncompressed, byte for byte as TensorFlow writes it. */
export function encodeTable(entries: Iterable<TableEntry>): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let offset = 0;
  const write = (block: BlockBuilder): Uint8Array => {
    const content = block.finish();
    const handle = Uint8Array.from([...varint(offset), ...varint(content.length)]);
    const typed = message(content, Uint8Array.of(0)); // no compression
    const trailer = new Uint8Array(BLOCK_TRAILER_BYTES - 1);
    new DataView(trailer.buffer).setUint32(0, maskedCrc32c(typed), true);
    parts.push(typed, trailer);
    offset += content.length + BLOCK_TRAILER_BYTES;
    return handle;
  };
  const index = new BlockBuilder(1);
  let block = new BlockBuilder(RESTART_INTERVAL), last = "", handle: Uint8Array | null = null;
  for (const { key, value } of entries) {
    // A large value gets a block of its own.
    if (!block.empty && key.length + value.length >= 2 * BLOCK_BYTES) handle = flush();
    if (handle) index.add(separator(last, key), handle);
    handle = null;
    block.add(key, value);
    last = key;
    if (block.size >= BLOCK_BYTES) handle = flush();
  }
  if (!block.empty) handle = flush();
  const metaHandle = write(new BlockBuilder(RESTART_INTERVAL));
  if (handle) index.add(successor(last), handle);
  const handles = message(metaHandle, write(index));
  const footer = new Uint8Array(FOOTER_BYTES);
  footer.set(handles);
  footer.set(TABLE_MAGIC, FOOTER_BYTES - TABLE_MAGIC.length);
  return message(...parts, footer);

  function flush(): Uint8Array {
    const full = block;
    block = new BlockBuilder(RESTART_INTERVAL);
    return write(full);
  }
}

class BlockBuilder {
  readonly #parts: Uint8Array[] = [];
  readonly #restarts: number[] = [0];
  #bytes = 0;
  #sinceRestart = 0;
  #last = "";

  constructor(readonly restartInterval: number) {}

  get empty(): boolean {
    return this.#bytes === 0;
  }

  /** Bytes of the finished block. */
  get size(): number {
    return this.#bytes + 4 * this.#restarts.length + 4;
  }

  add(key: string, value: Uint8Array): void {
    let shared = 0;
    if (this.#sinceRestart < this.restartInterval) {
      while (shared < key.length && key[shared] === this.#last[shared]) shared++;
    } else {
      this.#restarts.push(this.#bytes);
      this.#sinceRestart = 0;
    }
    const lengths = [shared, key.length - shared, value.length].flatMap(varint);
    for (const part of [Uint8Array.from(lengths), binaryBytes(key.slice(shared)), value]) {
      this.#parts.push(part);
      this.#bytes += part.length;
    }
    this.#sinceRestart++;
    this.#last = key;
  }

  finish(): Uint8Array {
    const numbers = [...this.#restarts, this.#restarts.length];
    const restarts = new DataView(new ArrayBuffer(4 * numbers.length));
    numbers.forEach((number, i) => restarts.setUint32(4 * i, number, true));
    return message(...this.#parts, new Uint8Array(restarts.buffer));
  }
}

/** A short key k with `before` ≤ k < `next`. */
function separator(before: string, next: string): string {
  let i = 0;
  while (i < before.length && before[i] === next[i]) i++;
  const byte = before.charCodeAt(i);
  return i < before.length && byte + 1 < next.charCodeAt(i)
    ? before.slice(0, i) + String.fromCharCode(byte + 1)
    : before;
}

/** A short key that is not before `key`. */
function successor(key: string): string {
  const i = [...key].findIndex((character) => character !== "\xff");
  return i < 0 ? key : key.slice(0, i) + String.fromCharCode(key.charCodeAt(i) + 1);
}
