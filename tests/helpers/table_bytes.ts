/** Tables and V1 checkpoints as bytes, written without the program's own writer: the other side of its reader. */
import { crc32c } from "../../base/crc32c.ts";

const bytesOf = (...parts: (Uint8Array | readonly number[])[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

export function varintBytes(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
}

function uint32(value: number): number[] {
  return [value & 0xff, value >>> 8 & 0xff, value >>> 16 & 0xff, value >>> 24];
}

/** A block of entries with a restart point every `interval` entries; keys have one character per byte. */
export function blockBytes(entries: readonly (readonly [string, Uint8Array])[], interval = 3): Uint8Array<ArrayBuffer> {
  const parts: number[] = [], restarts: number[] = [];
  let before = "";
  entries.forEach(([key, value], i) => {
    let shared = 0;
    if (i % interval === 0) restarts.push(parts.length);
    else while (shared < key.length && shared < before.length && key[shared] === before[shared]) shared++;
    const rest = [...key.slice(shared)].map((character) => character.charCodeAt(0));
    parts.push(...varintBytes(shared), ...varintBytes(rest.length), ...varintBytes(value.length), ...rest, ...value);
    before = key;
  });
  if (restarts.length === 0) restarts.push(0);
  return bytesOf(parts, restarts.flatMap(uint32), uint32(restarts.length));
}

/** How a block is stored. */
export type Compression = "none" | "snappy";

/**
 * A table of finished blocks, each with its last key; checksums are right whatever is in the blocks, and whatever
 * `damage` makes of a block as it is stored.
 */
export function tableBytes(
  blocks: readonly { readonly content: Uint8Array; readonly lastKey: string }[],
  compression: Compression = "none",
  damage: (stored: Uint8Array, block: number) => Uint8Array = (stored) => stored,
): Uint8Array<ArrayBuffer> {
  const file: number[] = [];
  const store = (content: Uint8Array, block = -1): Uint8Array => {
    const stored = damage(compression === "snappy" ? snappyBytes(content) : content, block);
    const handle = bytesOf(varintBytes(file.length), varintBytes(stored.length));
    const crc = crc32c(bytesOf(stored, [compression === "snappy" ? 1 : 0]));
    const masked = ((crc >>> 15 | crc << 17) + 0xa282ead8) >>> 0;
    for (const byte of stored) file.push(byte);
    file.push(compression === "snappy" ? 1 : 0, ...uint32(masked));
    return handle;
  };
  const handles = blocks.map(({ content, lastKey }, i) => [lastKey, store(content, i)] as const);
  const meta = store(blockBytes([]));
  const index = store(blockBytes(handles, 1));
  const footer = new Uint8Array(48);
  footer.set([...meta, ...index]);
  footer.set([0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb], 40);
  return bytesOf(file, footer);
}

/** Entries, which must be in order, in blocks of `perBlock`. */
export function tableOf(
  entries: readonly (readonly [string, Uint8Array])[],
  perBlock = 4,
  compression: Compression = "none",
): Uint8Array<ArrayBuffer> {
  const blocks = [];
  for (let i = 0; i < entries.length; i += perBlock) {
    const part = entries.slice(i, i + perBlock);
    blocks.push({ content: blockBytes(part), lastKey: part.at(-1)![0] });
  }
  return tableBytes(blocks, compression);
}

/** A naive snappy: runs of one byte become overlapping copies, four equal bytes further back plain ones. */
export function snappyBytes(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = [...varintBytes(content.length)];
  const seen = new Map<number, number>();
  let literal: number[] = [];
  const flush = () => {
    for (let i = 0; i < literal.length; i += 60) {
      const part = literal.slice(i, i + 60);
      out.push(part.length - 1 << 2, ...part);
    }
    literal = [];
  };
  for (let i = 0; i < content.length;) {
    const word = i + 4 <= content.length
      ? content[i] | content[i + 1] << 8 | content[i + 2] << 16 | content[i + 3] << 24
      : null;
    const found = word === null ? undefined : seen.get(word);
    if (word !== null) seen.set(word, i);
    const distance = found === undefined ? 0 : i - found;
    if (distance === 0 || distance > 0xffff) {
      literal.push(content[i++]);
      continue;
    }
    let count = 4;
    while (count < 64 && i + count < content.length && content[i + count] === content[i + count - distance]) count++;
    flush();
    if (count < 12 && distance < 2048) out.push(1 | count - 4 << 2 | distance >> 8 << 5, distance & 0xff);
    else out.push(2 | count - 1 << 2, distance & 0xff, distance >> 8);
    i += count;
  }
  flush();
  return Uint8Array.from(out);
}

/** A protobuf field: a number as a varint, bytes or text with their length. */
export function field(number: number, value: number | Uint8Array | string): Uint8Array<ArrayBuffer> {
  if (typeof value === "number") return bytesOf(varintBytes(number * 8), varintBytes(value));
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return bytesOf(varintBytes(number * 8 + 2), varintBytes(bytes.length), bytes);
}

/** Fields one after the other. */
export function fields(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return bytesOf(...parts);
}

/** A tensor for {@link sliceFileEntries}. */
export interface V1Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array;
}

/** Entries of a V1 checkpoint's table in order: the description, then a slice per tensor. Sizes are below 64. */
export function sliceFileEntries(tensors: readonly V1Tensor[]): [string, Uint8Array][] {
  const slice = (shape: readonly number[]) => fields(...shape.map(() => field(1, new Uint8Array(0))));
  const typeOf = ({ data }: V1Tensor) =>
    data instanceof Float32Array ? 1 : data instanceof Float64Array ? 2 : data instanceof Int32Array ? 3 : 9;
  const metas = tensors.map((tensor) =>
    field(
      1,
      fields(
        field(1, tensor.name),
        field(2, fields(...tensor.shape.map((size) => field(2, field(1, size))))),
        field(3, typeOf(tensor)),
        field(4, slice(tensor.shape)),
      ),
    )
  );
  const entries: [string, Uint8Array][] = [["", field(1, fields(...metas, field(2, field(1, 1))))]];
  const values = tensors.map(({ name, shape, data }): [string, Uint8Array] => {
    const floats = data instanceof Float32Array || data instanceof Float64Array;
    const packed = floats
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : Uint8Array.from(Array.from<number | bigint, number[]>(data, varintBytes).flat());
    const number = data instanceof Float32Array
      ? 5
      : data instanceof Float64Array
      ? 6
      : data instanceof Int32Array
      ? 7
      : 10;
    // 0, the name, its end, the number of axes, and for each axis start 0 and length -1.
    const key = `\0${name}\0\x01${shape.length ? "\x01" + String.fromCharCode(shape.length) : "\0"}` +
      "\x80\x7f".repeat(shape.length);
    return [key, field(2, fields(field(1, name), field(2, slice(shape)), field(3, field(number, packed))))];
  });
  return entries.concat(values.sort(([a], [b]) => a < b ? -1 : 1));
}
