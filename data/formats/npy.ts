/**
 * NumPy `.npy` files: numbers of any type, byte order and element order in; C order, little endian out. Ours, since npyjs
 * 1.2 refuses big-endian and unaligned numbers, leaves Fortran order as it lies, and reads damaged files as if whole.
 */
import { ioError, UserError } from "../../base/errors.ts";
import { readFile, writeFileAtomic } from "../../base/files.ts";
import {
  formatNpyHeader,
  NPY_HEADER_PROBE_BYTES,
  NPY_ITEM_BYTES,
  type NpyDtype,
  type NpyHeader,
  parseNpyHeader,
} from "./npy_header.ts";

export type { NpyDtype, NpyHeader };

/** The typed array that holds each element type; `bool` is 0 or 1 per byte. */
export interface NpyTypedArrays {
  /** True or false as 1 or 0. */
  bool: Uint8Array;
  /** Integers of 8 bits. */
  int8: Int8Array;
  /** Unsigned integers of 8 bits. */
  uint8: Uint8Array;
  /** Integers of 16 bits. */
  int16: Int16Array;
  /** Unsigned integers of 16 bits. */
  uint16: Uint16Array;
  /** Floating point numbers of 16 bits. */
  float16: Float16Array;
  /** Integers of 32 bits. */
  int32: Int32Array;
  /** Unsigned integers of 32 bits. */
  uint32: Uint32Array;
  /** Floating point numbers of 32 bits. */
  float32: Float32Array;
  /** Integers of 64 bits. */
  int64: BigInt64Array;
  /** Unsigned integers of 64 bits. */
  uint64: BigUint64Array;
  /** Floating point numbers of 64 bits. */
  float64: Float64Array;
}

/** Elements of an array in C order. */
export type NpyData = NpyTypedArrays[NpyDtype];

/** An array of numbers: the product of `shape` elements in C order (the last index varies fastest). */
export interface NpyArray<Dtype extends NpyDtype = NpyDtype> {
  /** Element type, as in the file. */
  readonly dtype: Dtype;
  /** Size of each axis; empty for a single number. */
  readonly shape: readonly number[];
  /** Elements in C order. */
  readonly data: NpyTypedArrays[Dtype];
}

const CONSTRUCTORS = {
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  float16: Float16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float64: Float64Array,
} as const;

/**
 * Decodes a whole `.npy` file. The result may share memory with `bytes`.
 *
 * @param name names the file in errors.
 * @throws {UserError} on a wrong magic, a malformed header, an element type that is not a number, or a wrong length.
 */
export function decodeNpy(bytes: Uint8Array, name: string): NpyArray {
  const header = parseNpyHeader(bytes, name);
  const found = bytes.length - header.dataOffset;
  if (found !== header.dataBytes) {
    throw new UserError(
      `${name} ${found < header.dataBytes ? "is truncated" : "is too long"}: shape [${header.shape}] of ` +
        `${header.dtype} takes ${header.dataBytes} bytes after the header, found ${found}`,
    );
  }
  return decodeNpyData(bytes.subarray(header.dataOffset), header);
}

/** Decodes the `header.dataBytes` bytes that follow a header. The result may share memory with `bytes`. */
export function decodeNpyData(bytes: Uint8Array, header: NpyHeader): NpyArray {
  const { dtype, shape } = header;
  const itemBytes = NPY_ITEM_BYTES[dtype];
  const swap = header.bigEndian && itemBytes > 1;
  const aligned = swap || bytes.byteOffset % itemBytes !== 0 ? bytes.slice() : bytes;
  if (swap) swapBytes(aligned, itemBytes);
  const Constructor = CONSTRUCTORS[dtype] as new (buffer: ArrayBufferLike, offset: number, length: number) => NpyData;
  const data = new Constructor(aligned.buffer, aligned.byteOffset, header.length);
  return { dtype, shape, data: header.fortranOrder ? fortranToC(data, shape) : data };
}

/** Reverses the bytes of every item in place. */
function swapBytes(bytes: Uint8Array, itemBytes: number): void {
  for (let start = 0; start < bytes.length; start += itemBytes) bytes.subarray(start, start + itemBytes).reverse();
}

/** A copy with the last instead of the first index varying fastest. */
function fortranToC(data: NpyData, shape: readonly number[]): NpyData {
  const copy = data.slice();
  if (shape.length < 2) return copy;
  const from = data as { readonly [index: number]: number | bigint };
  const to = copy as { [index: number]: number | bigint };
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, source = 0; i < copy.length; i++) {
    to[i] = from[source];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis];
      if (++index[axis] < shape[axis]) break;
      source -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return copy;
}

/** The file as two chunks, header and elements; the second shares memory with `array.data`. */
function npyChunks(array: NpyArray): [header: Uint8Array, elements: Uint8Array] {
  const { dtype, shape, data } = array;
  const expected = shape.reduce((product, size) => product * size, 1);
  if (data.length !== expected) throw new RangeError(`shape [${shape}] wants ${expected} elements, got ${data.length}`);
  if (data.BYTES_PER_ELEMENT !== NPY_ITEM_BYTES[dtype]) {
    throw new TypeError(`a ${data.constructor.name} does not hold elements of type ${dtype}`);
  }
  return [formatNpyHeader(dtype, shape), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
}

/** Encodes an array as a version 1 `.npy` file, C order, little endian. */
export function encodeNpy(array: NpyArray): Uint8Array<ArrayBuffer> {
  const [header, elements] = npyChunks(array);
  const bytes = new Uint8Array(header.length + elements.length);
  bytes.set(header);
  bytes.set(elements, header.length);
  return bytes;
}

/** Reads the header alone and checks the length of the file against it. @throws {UserError} */
export async function readNpyHeader(path: string): Promise<NpyHeader> {
  const start = new Uint8Array(NPY_HEADER_PROBE_BYTES);
  let read = 0;
  let fileBytes = 0;
  try {
    using file = await Deno.open(path);
    fileBytes = (await file.stat()).size;
    for (let n: number | null = 0; n !== null && read < start.length; read += n ?? 0) {
      n = await file.read(start.subarray(read));
    }
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
  const header = parseNpyHeader(start.subarray(0, read), path);
  const expected = header.dataOffset + header.dataBytes;
  if (fileBytes !== expected) {
    throw new UserError(
      `${path} is ${
        fileBytes < expected ? "truncated" : "too long"
      }: ${fileBytes} bytes, its header promises ${expected}`,
    );
  }
  return header;
}

/** Reads an `.npy` file. @throws {UserError} if it cannot be read or decoded; see {@link decodeNpy}. */
export async function readNpy(path: string): Promise<NpyArray> {
  return decodeNpy(await readFile(path), path);
}

/** Writes an `.npy` file atomically. @throws {UserError} if it cannot be written. */
export async function writeNpy(path: string, array: NpyArray): Promise<void> {
  await writeFileAtomic(path, npyChunks(array));
}

/** Labels as the bytes of little endian int64: the low half of each pair of words. */
function widen(labels: Uint8Array): Uint8Array {
  const words = new Uint32Array(2 * labels.length);
  for (let i = 0; i < labels.length; i++) words[2 * i] = labels[i];
  return new Uint8Array(words.buffer);
}

/**
 * Writes label volumes as one int64 array `shape`, atomically and one volume at a time: the eight-fold wider elements
 * of all volumes never lie in memory together. The element type is the one of the published evaluation files.
 *
 * @param volumes labels in C order, cut anywhere; together as many as `shape` says.
 * @throws {UserError} if the file cannot be written. @throws {RangeError} if there are too few or too many labels.
 */
export async function writeLabelsAsInt64(
  path: string,
  shape: readonly number[],
  volumes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const expected = shape.reduce((product, size) => product * size, 1);
  let problem: unknown;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      let found = 0;
      yield formatNpyHeader("int64", shape);
      for await (const labels of volumes) {
        found += labels.length;
        yield widen(labels);
      }
      if (found !== expected) throw new RangeError(`shape [${shape}] wants ${expected} labels, got ${found}`);
    } catch (cause) {
      problem = cause; // not a failure of the file system: thrown again below as it is
      throw cause;
    }
  }
  try {
    await writeFileAtomic(path, chunks());
  } catch (cause) {
    throw problem ?? cause;
  }
}
