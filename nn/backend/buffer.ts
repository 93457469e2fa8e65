/** Memory of an engine as the rest of the program sees it. */
import { elementCount, type Shape } from "../shape.ts";

/** Memory of an engine, from `allocate` to `release`. Only its engine looks inside. */
export interface DeviceBuffer {
  /** Size asked for, without the padding that the engine may add. */
  readonly byteLength: number;
  /** What the memory is for; shown by the ledger and in out-of-memory errors. */
  readonly tag: string;
}

/** A place in a buffer; the operation knows how much follows. */
export interface Span {
  /** Memory of the engine that the operation is called on; another engine's is refused. */
  readonly buffer: DeviceBuffer;
  /** Bytes from the start of the buffer: a multiple of 4, of 1 for labels, of 16 for bfloat16. */
  readonly byteOffset: number;
  /** Type of its elements where the operation takes several; float32 if left out. */
  readonly dtype?: Dtype;
}

/** Types that an engine computes in: float32, or bfloat16, the upper half of a float32. */
export type FloatType = "f32" | "bf16";

/** Element types: numbers, and uint8 class labels. */
export type Dtype = FloatType | "u8";

/** Bytes of one element. */
export const BYTES_PER_ELEMENT: Readonly<Record<Dtype, number>> = { f32: 4, bf16: 2, u8: 1 };

/** Elements that tensor cores read at once: rows of bfloat16 are a multiple of them. */
const BF16_CHANNELS = 8;

/** Elements from one row of `channels` to the next: in bfloat16 a multiple of 8, the last of which hold 0. */
export function rowLength(channels: number, dtype?: Dtype): number {
  return dtype === "bf16" ? Math.ceil(channels / BF16_CHANNELS) * BF16_CHANNELS : channels;
}

/** Elements in memory of an array, whose last axis is a row. */
export function storedCount(shape: Shape, dtype: Dtype): number {
  return elementCount(shape.slice(0, -1)) * rowLength(shape.at(-1) ?? 1, dtype);
}

/** The place `count` float32 behind another. */
export function behind({ buffer, byteOffset }: Span, count: number): Span {
  return { buffer, byteOffset: byteOffset + count * BYTES_PER_ELEMENT.f32 };
}

/** @throws {RangeError} unless `byteLength` bytes from a place that is a multiple of `alignment` lie in the buffer */
export function requireInside({ buffer, byteOffset }: Span, byteLength: number, alignment: number): void {
  if (!(byteOffset >= 0 && byteLength >= 0) || byteOffset % alignment !== 0) {
    throw new RangeError(`${byteLength} bytes from ${byteOffset} of "${buffer.tag}": not a multiple of ${alignment}`);
  }
  if (byteOffset + byteLength > buffer.byteLength) {
    throw new RangeError(
      `${byteLength} bytes from ${byteOffset} do not fit into "${buffer.tag}" (${buffer.byteLength} bytes)`,
    );
  }
}
