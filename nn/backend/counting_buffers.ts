/** Buffers without content: the memory of a dry run. */
import { type DeviceBuffer, requireInside, type Span } from "./buffer.ts";
import { MemoryLedger } from "./memory.ts";

class CountedBuffer implements DeviceBuffer {
  live = true;
  constructor(readonly byteLength: number, readonly tag: string) {}
}

/** Sizes and lifetimes of the buffers of a dry run, checked as strictly as a real engine's. */
export class CountingBuffers {
  readonly ledger: MemoryLedger;
  #workspaceBytes = 0;

  /** `limitBytes`: more than this is refused. */
  constructor(engine: string, limitBytes: number) {
    this.ledger = new MemoryLedger(engine, limitBytes);
  }

  /** A buffer of which only the size exists. @throws {OutOfMemoryError} beyond the limit. */
  allocate(byteLength: number, tag: string): DeviceBuffer {
    if (!Number.isSafeInteger(byteLength) || byteLength < 0) throw new RangeError(`${byteLength} bytes for "${tag}"`);
    this.ledger.take(byteLength, tag);
    return new CountedBuffer(byteLength, tag);
  }

  /** Ends a buffer's life. @throws {RangeError} the second time. */
  release(buffer: DeviceBuffer): void {
    liveBuffer(buffer).live = false;
    this.ledger.give(buffer.byteLength, buffer.tag);
  }

  /** Grows the one workspace that all operations share to at least `byteLength`. @throws {OutOfMemoryError} */
  needWorkspace(byteLength: number): void {
    if (byteLength <= this.#workspaceBytes) return;
    this.ledger.take(byteLength - this.#workspaceBytes, "workspace");
    this.#workspaceBytes = byteLength;
  }

  /** Ends the shared workspace. */
  releaseWorkspace(): void {
    if (this.#workspaceBytes > 0) this.ledger.give(this.#workspaceBytes, "workspace");
    this.#workspaceBytes = 0;
  }

  /** @throws {RangeError} if the buffer is released or too small. */
  check(span: Span, byteLength: number): void {
    liveBuffer(span.buffer);
    requireInside(span, byteLength, 1);
  }
}

function liveBuffer(buffer: DeviceBuffer): CountedBuffer {
  if (!(buffer instanceof CountedBuffer)) throw new RangeError(`buffer "${buffer.tag}" belongs to another engine`);
  if (!buffer.live) throw new RangeError(`buffer "${buffer.tag}" is used after its release`);
  return buffer;
}
