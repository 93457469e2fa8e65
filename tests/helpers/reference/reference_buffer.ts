/** Memory of the reference engine, and how its operations reach their operands. */
import type { DeviceBuffer, Span } from "../../../nn/backend/backend.ts";

/** A buffer of the reference engine. Fresh memory holds NaN (and label 255), so that reading it shows. */
export class ReferenceBuffer implements DeviceBuffer {
  #content: ArrayBuffer | null;

  constructor(readonly byteLength: number, readonly tag: string) {
    this.#content = new ArrayBuffer(byteLength);
    new Uint8Array(this.#content).fill(0xff);
  }

  /** The memory. @throws {Error} after {@link free}. */
  get content(): ArrayBuffer {
    if (!this.#content) throw new Error(`buffer "${this.tag}" (${this.byteLength} bytes) is used after its release`);
    return this.#content;
  }

  /** Ends the buffer's life. @throws {Error} the second time. */
  free(): void {
    void this.content;
    this.#content = null;
  }
}

/** The memory `span` lies in, after checking that `byteLength` bytes follow. @throws {RangeError} if they do not. */
function contentOf(span: Span, byteLength: number, alignment: number): ArrayBuffer {
  const { buffer, byteOffset } = span;
  if (!(buffer instanceof ReferenceBuffer)) throw new RangeError(`buffer "${buffer.tag}" belongs to another engine`);
  const content = buffer.content;
  if (!Number.isInteger(byteLength) || byteLength < 0) throw new RangeError(`${byteLength} bytes of "${buffer.tag}"`);
  if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteOffset % alignment !== 0) {
    throw new RangeError(`offset ${byteOffset} into "${buffer.tag}" is not a multiple of ${alignment}`);
  }
  if (byteOffset + byteLength > buffer.byteLength) {
    throw new RangeError(
      `${byteLength} bytes from ${byteOffset} are more than "${buffer.tag}" holds (${buffer.byteLength})`,
    );
  }
  return content;
}

/** The `count` float32 that start at `span`. @throws {RangeError} if they do not fit. */
export function floats(span: Span, count: number): Float32Array {
  return new Float32Array(contentOf(span, count * 4, 4), span.byteOffset, count);
}

/** The `count` bytes that start at `span`. @throws {RangeError} if they do not fit. */
export function bytes(span: Span, count: number): Uint8Array {
  return new Uint8Array(contentOf(span, count, 1), span.byteOffset, count);
}

function overlap(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength;
}

/** Checks that an output touches none of the other operands. @throws {RangeError} if it does. */
export function requireDisjoint(output: ArrayBufferView, ...others: (ArrayBufferView | null)[]): void {
  if (others.some((other) => other && overlap(output, other))) throw new RangeError("an output overlaps an operand");
}

/** Checks that an output either is the operand or does not touch it. @throws {RangeError} if they overlap in part. */
export function requireSameOrDisjoint(output: ArrayBufferView, input: ArrayBufferView): void {
  if (output.byteOffset === input.byteOffset && output.byteLength === input.byteLength) return;
  requireDisjoint(output, input);
}
