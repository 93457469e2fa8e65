/** Memory of the device. Buffers are kept after their release and found again by exact size. */
import { type DeviceBuffer, requireInside, type Span } from "../buffer.ts";
import type { MemoryLedger } from "../memory.ts";
import { BINDING_ALIGNMENT_BYTES, type DeviceLink } from "./device_link.ts";

/** Sizes are rounded up to this, so that every byte lies in a binding. */
const GRANULE_BYTES = BINDING_ALIGNMENT_BYTES;

/** A buffer of the device, known there by its number. */
export class Block implements DeviceBuffer {
  constructor(
    readonly byteLength: number,
    readonly tag: string,
    readonly number: number,
    /** Bytes that the device gave. */
    readonly size: number,
  ) {}
}

/** Elements of a block, which are all in it. */
export interface Place {
  readonly block: Block;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly dtype: "f32" | "u8";
}

/**
 * The pool. The device does everything in one order, so a buffer may be handed out again while earlier work on it is
 * still to be done.
 *
 * The limit of the ledger holds for what the device gave, free buffers included: of those as many are given back as it
 * takes before a request is refused. WebGPU itself does not tell when memory runs out.
 */
export class BufferPool {
  /** Numbers of free buffers by size. */
  readonly #free = new Map<number, number[]>();
  readonly #live = new Set<Block>();
  #freeBytes = 0;
  #created = 0;

  constructor(readonly link: DeviceLink, readonly ledger: MemoryLedger) {}

  /** How often the device was asked for memory. */
  get allocations(): number {
    return this.#created;
  }

  /** A block with undefined content. @throws {OutOfMemoryError} */
  allocate(byteLength: number, tag: string): Block {
    if (!Number.isSafeInteger(byteLength) || byteLength < 0) throw new RangeError(`${byteLength} bytes for "${tag}"`);
    const size = Math.max(1, Math.ceil(byteLength / GRANULE_BYTES)) * GRANULE_BYTES;
    const { bufferLimitBytes } = this.link.facts;
    if (size > bufferLimitBytes) throw this.ledger.beyondAddresses(size, tag, bufferLimitBytes);
    this.ledger.take(size, tag);
    const block = new Block(byteLength, tag, this.#reuse(size) ?? this.#create(size, tag), size);
    this.#live.add(block);
    return block;
  }

  /** Takes a block back. @throws {RangeError} the second time, or for another engine's buffer. */
  release(buffer: DeviceBuffer): void {
    const block = this.#own(buffer), same = this.#free.get(block.size);
    this.#live.delete(block);
    if (same) same.push(block.number);
    else this.#free.set(block.size, [block.number]);
    this.#freeBytes += block.size;
    this.ledger.give(block.size, block.tag);
  }

  /** `byteLength` bytes of a live block. @throws {RangeError} unless they are. */
  place(span: Span, byteLength: number, dtype: Place["dtype"], alignment: number): Place {
    const block = this.#own(span.buffer);
    requireInside(span, byteLength, alignment);
    return { block, byteOffset: span.byteOffset, byteLength, dtype };
  }

  #own(buffer: DeviceBuffer): Block {
    const block = buffer as Block;
    if (!this.#live.has(block)) {
      throw new RangeError(`buffer "${buffer.tag}" was released or belongs to another engine`);
    }
    return block;
  }

  #reuse(size: number): number | undefined {
    const number = this.#free.get(size)?.pop();
    if (number !== undefined) this.#freeBytes -= size;
    return number;
  }

  #create(size: number, label: string): number {
    // The ledger counts the request already.
    this.#giveBack(this.ledger.liveBytes + this.#freeBytes - this.ledger.limitBytes);
    this.link.send({ do: "create", buffer: ++this.#created, byteLength: size, label });
    return this.#created;
  }

  /** Gives at least `bytes` back to the device, the largest buffers first. */
  #giveBack(bytes: number): void {
    const sizes = [...this.#free.keys()].sort((a, b) => b - a);
    for (let left = bytes, buffer; left > 0 && sizes.length > 0;) {
      if ((buffer = this.#reuse(sizes[0])) === undefined) sizes.shift();
      else {
        this.link.send({ do: "destroy", buffer });
        left -= sizes[0];
      }
    }
  }
}
