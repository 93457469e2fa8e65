/** Memory of an engine as the rest of the program sees it. */

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
  /** Bytes from the start of the buffer: a multiple of 4, of 1 for labels. */
  readonly byteOffset: number;
}

/** Element types: float32 numbers and uint8 class labels. */
export type Dtype = "f32" | "u8";

/** Bytes of one element. */
export const BYTES_PER_ELEMENT: Readonly<Record<Dtype, number>> = { f32: 4, u8: 1 };

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
