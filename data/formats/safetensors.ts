/**
 * Safetensors files: an 8-byte little endian header length, a JSON header, then the tensors' bytes without a gap
 * (format description of huggingface/safetensors). All validation a hostile file needs is done before any view is made.
 */
import { readFile, writeFileAtomic } from "../../base/files.ts";
import { parseSafetensorsHeader, SAFETENSORS_ITEM_BYTES, type SafetensorsDtype } from "./safetensors_header.ts";

export type { SafetensorsDtype };

/** Elements of a tensor. BF16 are the upper halves of float32 as Uint16Array, BOOL and the 8-bit floats raw bytes. */
export type TensorElements =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Float16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | BigUint64Array
  | BigInt64Array
  | Float64Array;

/** A tensor in host memory, C order. */
export interface TensorData {
  /** Element type. */
  readonly dtype: SafetensorsDtype;
  /** Size of each axis; empty for a single number. */
  readonly shape: readonly number[];
  /** Elements in C order. */
  readonly data: TensorElements;
}

/** What a safetensors file holds: tensors by name, in the order of the header, and free text by key. */
export interface Safetensors {
  /** Tensors by name. */
  readonly tensors: Map<string, TensorData>;
  /** Free text by key, the `__metadata__` of the header. */
  readonly metadata: Record<string, string>;
}

type ElementsConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => TensorElements;

const CONSTRUCTORS: Record<SafetensorsDtype, ElementsConstructor> = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  F8_E4M3: Uint8Array,
  F8_E5M2: Uint8Array,
  U16: Uint16Array,
  I16: Int16Array,
  F16: Float16Array,
  BF16: Uint16Array,
  U32: Uint32Array,
  I32: Int32Array,
  F32: Float32Array,
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
};

/**
 * Decodes a whole file. Tensors are views into `bytes` where their alignment allows, else copies.
 *
 * @param name names the file in errors.
 * @throws {UserError} if anything in the header is malformed or does not match the number of bytes.
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const { entries, metadata, dataOffset } = parseSafetensorsHeader(bytes, name);
  const tensors = new Map<string, TensorData>();
  for (const { name: tensor, dtype, shape, begin, end } of entries) {
    const itemBytes = SAFETENSORS_ITEM_BYTES[dtype];
    const view = bytes.subarray(dataOffset + begin, dataOffset + end);
    const aligned = view.byteOffset % itemBytes === 0 ? view : view.slice();
    const data = new CONSTRUCTORS[dtype](aligned.buffer, aligned.byteOffset, aligned.length / itemBytes);
    tensors.set(tensor, { dtype, shape, data });
  }
  return { tensors, metadata };
}

/**
 * Encodes tensors as chunks of a file: the header, padded with spaces to a multiple of 8 bytes, then one chunk per
 * tensor that shares memory with its data. Tensors of wider elements come first, so that every tensor is aligned.
 *
 * @throws {RangeError} on a name given twice, the reserved name, or data that do not match dtype and shape.
 */
export function encodeSafetensors(
  tensors: Map<string, TensorData> | Iterable<readonly [string, TensorData]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const sorted = [...tensors].sort((a, b) => b[1].data.BYTES_PER_ELEMENT - a[1].data.BYTES_PER_ELEMENT);
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set("__metadata__", metadata);
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    if (header.has(name) || name === "__metadata__") throw new RangeError(`tensor name ${name} is taken`);
    const length = shape.reduce((product, size) => product * size, 1);
    if (!(data instanceof CONSTRUCTORS[dtype])) {
      throw new RangeError(`tensor ${name}: a ${data.constructor.name} does not hold ${dtype}`);
    }
    if (data.length !== length) {
      throw new RangeError(`tensor ${name}: shape [${shape}] wants ${length} elements, got ${data.length}`);
    }
    header.set(name, { dtype, shape, data_offsets: [offset, offset + data.byteLength] });
    chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(jsonObject(header));
  const start = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(start.length - 8), true);
  start.set(json, 8);
  return [start, ...chunks];
}

/** JSON of a map in its own order; a plain object would move keys that look like numbers to the front. */
function jsonObject(map: Map<string, unknown>): string {
  return `{${[...map].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
}

/** Reads a safetensors file. @throws {UserError} if it cannot be read or decoded; see {@link decodeSafetensors}. */
export async function readSafetensors(path: string): Promise<Safetensors> {
  return decodeSafetensors(await readFile(path), path);
}

/**
 * Writes a safetensors file atomically. @throws {UserError} if it cannot be written.
 * @throws {RangeError} as {@link encodeSafetensors} does.
 */
export async function writeSafetensors(
  path: string,
  tensors: Map<string, TensorData> | Iterable<readonly [string, TensorData]>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}
