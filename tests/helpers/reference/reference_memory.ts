/** The part of the reference engine that owns memory and moves bytes. */
import type { DeviceBuffer, Span } from "../../../nn/backend/backend.ts";
import { MemoryLedger } from "../../../nn/backend/memory.ts";
import { bytes, ReferenceBuffer } from "./reference_buffer.ts";

/** Allocation and transfers of the reference engine. */
export class ReferenceMemory {
  readonly name = "reference (literal loops)";
  readonly memory: MemoryLedger;
  readonly #buffers = new Set<DeviceBuffer>();

  /** `limitBytes`: more than this is refused. */
  constructor(limitBytes = Infinity) {
    this.memory = new MemoryLedger("the reference engine", limitBytes);
  }

  allocate(byteLength: number, tag: string): DeviceBuffer {
    this.memory.take(byteLength, tag);
    const buffer = new ReferenceBuffer(byteLength, tag);
    this.#buffers.add(buffer);
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    if (!(buffer instanceof ReferenceBuffer)) throw new RangeError(`buffer "${buffer.tag}" belongs to another engine`);
    buffer.free();
    this.memory.give(buffer.byteLength, buffer.tag);
    this.#buffers.delete(buffer);
  }

  upload(source: ArrayBufferView, target: Span): void {
    bytes(target, source.byteLength).set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  }

  download(source: Span, target: ArrayBufferView): void {
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes(source, target.byteLength));
  }

  synchronize(): void {}

  [Symbol.dispose](): void {
    for (const buffer of this.#buffers) this.release(buffer);
  }
}
