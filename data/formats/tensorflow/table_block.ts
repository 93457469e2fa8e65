import { ByteReader, FormatError } from "../../../base/byte_reader.ts";

/** A key and its value. Keys are strings with one character, 0 to 255, per byte: `<` compares them as tables do. */
export interface TableEntry {
  readonly key: string;
  /** A view into the block. */
  readonly value: Uint8Array;
}

/** Keys share prefixes, so they may be longer than their block; this much longer in total and it is no real table. */
const KEY_EXPANSION = 3;

/**
 * The entries of an unpacked block in their order (google/leveldb, doc/table_format.md):
 *
 * ```
 * entry*    varint shared · varint unshared · varint valueBytes · key from byte `shared` on · value
 * restart*  uint32 offset of an entry with shared = 0
 *           uint32 number of restarts
 * ```
 *
 * @throws {FormatError} if lengths do not fit or keys are not ascending.
 */
export function* blockEntries(block: Uint8Array): Generator<TableEntry, void, undefined> {
  const reader = new ByteReader(block.subarray(0, entriesEnd(block)));
  let key = "", first = true, keyBytes = 0;
  for (; !reader.done; first = false) {
    const shared = reader.varint(), unshared = reader.varint(), valueBytes = reader.varint();
    if (shared > key.length) throw new FormatError(`a key shares ${shared} bytes with one of ${key.length}`);
    keyBytes += shared + unshared;
    if (keyBytes > KEY_EXPANSION * block.length) throw new FormatError("its keys are longer than is plausible");
    const next = key.slice(0, shared) + binaryString(reader.take(unshared));
    if (!first && next <= key) throw new FormatError("its keys are not in ascending order");
    key = next;
    yield { key, value: reader.take(valueBytes) };
  }
}

function entriesEnd(block: Uint8Array): number {
  if (block.length < 4) throw new FormatError(`a block of ${block.length} bytes is too short`);
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const restarts = view.getUint32(block.length - 4, true);
  if (restarts > (block.length - 4) / 4) throw new FormatError(`it claims ${restarts} restart points`);
  return block.length - 4 - 4 * restarts;
}

/** One character per byte. */
export function binaryString(bytes: Uint8Array): string {
  let text = "";
  // In parts: a call takes a limited number of arguments.
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

/** The bytes of a {@link binaryString}. */
export function binaryBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
