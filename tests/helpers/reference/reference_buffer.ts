/** Memory of the reference engine, and how its operations reach their operands. */
import { type DeviceBuffer, type Dtype, requireInside, type Span } from "../../../nn/backend/buffer.ts";
import type { CalledOperand } from "../../../nn/backend/calls.ts";

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
  const { buffer } = span;
  if (!(buffer instanceof ReferenceBuffer)) throw new RangeError(`buffer "${buffer.tag}" belongs to another engine`);
  const content = buffer.content;
  if (!Number.isInteger(byteLength) || byteLength < 0) throw new RangeError(`${byteLength} bytes of "${buffer.tag}"`);
  requireInside(span, byteLength, alignment);
  return content;
}

/** The `count` bytes that start at `span`. @throws {RangeError} if they do not fit. */
export function bytes(span: Span, count: number): Uint8Array {
  return new Uint8Array(contentOf(span, count, 1), span.byteOffset, count);
}

/** The `count` elements that start at `span`. @throws {RangeError} if they do not fit. */
export function arrayAt(span: Span, dtype: Dtype, count: number): Float32Array | Uint8Array {
  if (dtype === "u8") return bytes(span, count);
  return new Float32Array(contentOf(span, count * 4, 4), span.byteOffset, count);
}

function overlap(a: CalledOperand, b: CalledOperand): boolean {
  return a.span.buffer === b.span.buffer && a.span.byteOffset < b.span.byteOffset + b.byteLength &&
    b.span.byteOffset < a.span.byteOffset + a.byteLength;
}

/**
 * Checks that an output touches none of the other operands, unless it takes the place of one that the table lets it.
 * @throws {RangeError} if it does.
 */
export function requireApart(output: CalledOperand, operands: readonly CalledOperand[]): void {
  for (const other of operands) {
    if (other.name === output.name || !overlap(output, other)) continue;
    const same = other.span.byteOffset === output.span.byteOffset && other.byteLength === output.byteLength;
    if (same && output.over.includes(other.name)) continue;
    throw new RangeError(`${output.name}, an output, overlaps ${other.name}`);
  }
}
