/** Device memory: blocks are kept after their release and found again by exact size. */
import { DeviceMemory, LibraryError, type Runtime, RUNTIME_STATUS } from "../../../ffi/mod.ts";
import { type DeviceBuffer, requireInside, type Span } from "../buffer.ts";
import type { MemoryLedger } from "../memory.ts";

/** Sizes are rounded up to this, as the driver would. */
const GRANULE_BYTES = 512;

/** A buffer of the device. */
export class Block implements DeviceBuffer {
  /** Whether it is between allocation and release. */
  live = true;

  constructor(readonly byteLength: number, readonly tag: string, readonly memory: DeviceMemory) {}
}

/**
 * The pool. One stream uses all of its memory, so a block may be handed out again while earlier work on it still runs.
 *
 * The limit of the ledger holds for what the device gave, free blocks included: those are given back before a request
 * is refused.
 */
export class DevicePool implements Disposable {
  readonly #free = new Map<number, DeviceMemory[]>();
  readonly #live = new Set<Block>();
  #freeBytes = 0;
  #allocations = 0;

  constructor(readonly runtime: Runtime, readonly ledger: MemoryLedger) {}

  /** Bytes of free blocks, which the device could have back. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** How often the device was asked for memory. */
  get allocations(): number {
    return this.#allocations;
  }

  /** A block with undefined content, 256-byte aligned. @throws {OutOfMemoryError} */
  allocate(byteLength: number, tag: string): Block {
    if (!Number.isSafeInteger(byteLength) || byteLength < 0) throw new RangeError(`${byteLength} bytes for "${tag}"`);
    const size = Math.max(1, Math.ceil(byteLength / GRANULE_BYTES)) * GRANULE_BYTES;
    this.ledger.take(size, tag);
    try {
      const memory = this.#reuse(size) ?? this.#obtain(size, tag);
      const block = new Block(byteLength, tag, memory);
      this.#live.add(block);
      return block;
    } catch (error) {
      this.ledger.give(size, tag);
      throw error;
    }
  }

  /** Takes a block back. @throws {RangeError} the second time, or for another engine's buffer. */
  release(buffer: DeviceBuffer): void {
    const block = this.#own(buffer);
    this.#live.delete(block);
    block.live = false;
    const { memory } = block, same = this.#free.get(memory.byteLength);
    if (same) same.push(memory);
    else this.#free.set(memory.byteLength, [memory]);
    this.#freeBytes += memory.byteLength;
    this.ledger.give(memory.byteLength, block.tag);
  }

  /** Address of a span of which `byteLength` bytes are used. @throws {RangeError} unless they lie in a live buffer. */
  address(span: Span, byteLength: number, alignment: number): bigint {
    const block = this.#own(span.buffer);
    requireInside(span, byteLength, alignment);
    return block.memory.address + BigInt(span.byteOffset);
  }

  /** Gives all free blocks back to the device. */
  trim(): void {
    for (const memories of this.#free.values()) {
      for (const memory of memories) memory[Symbol.dispose]();
    }
    this.#free.clear();
    this.#freeBytes = 0;
  }

  /** Frees everything, live buffers too. */
  [Symbol.dispose](): void {
    for (const block of this.#live) {
      block.live = false;
      block.memory[Symbol.dispose]();
    }
    this.#live.clear();
    this.trim();
  }

  #own(buffer: DeviceBuffer): Block {
    const block = buffer as Block;
    if (!this.#live.has(block)) {
      throw new RangeError(`buffer "${buffer.tag}" was released or belongs to another engine`);
    }
    return block;
  }

  #reuse(size: number): DeviceMemory | undefined {
    const memory = this.#free.get(size)?.pop();
    if (memory) this.#freeBytes -= size;
    return memory;
  }

  #obtain(size: number, tag: string): DeviceMemory {
    // The ledger counts the request already.
    if (this.ledger.liveBytes + this.#freeBytes > this.ledger.limitBytes) this.trim();
    const memory = this.#tryObtain(size) ?? (this.trim(), this.#tryObtain(size));
    if (!memory) throw this.#exhausted(size, tag);
    return memory;
  }

  /** Null if the device has not enough memory. */
  #tryObtain(size: number): DeviceMemory | null {
    try {
      this.#allocations++;
      return new DeviceMemory(this.runtime, size);
    } catch (error) {
      if (error instanceof LibraryError && error.status === RUNTIME_STATUS.ErrorMemoryAllocation) return null;
      throw error;
    }
  }

  #exhausted(size: number, tag: string): Error {
    const { freeBytes, totalBytes } = this.runtime.memoryInfo();
    // The request itself is not held by anybody.
    this.ledger.give(size, tag);
    const error = this.ledger.exhausted(
      size,
      tag,
      `the device has ${gibibytes(freeBytes)} of ${gibibytes(totalBytes)} left`,
    );
    this.ledger.take(size, tag);
    return error;
  }
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
