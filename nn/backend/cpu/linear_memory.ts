/** The WebAssembly memory of the CPU engine, handed out in blocks. */
import type { MemoryLedger } from "../memory.ts";
import { MAXIMUM_PAGES } from "./wasm/mod.ts";

const PAGE_BYTES = 65536;
/** Every block starts at a multiple of this, a cache line. */
const ALIGNMENT = 64;
/** Kernels may read this far past the end of a block, so the memory never ends with one. */
const SLACK_BYTES = 256;
/** The memory grows by at least this, as growing is slow. */
const GROWTH_BYTES = 16 * 2 ** 20;

/** A part of the memory in use. */
export interface Block {
  readonly address: number;
  /** Size asked for. */
  readonly byteLength: number;
  readonly tag: string;
}

/**
 * Blocks of one linear memory that only grows. A request takes the smallest free block that is large enough, or else
 * goes to the end. Sizes are rounded up to 64 bytes.
 */
export class LinearMemory {
  /** Shared by all threads. Its `buffer` is another object after growing. */
  readonly memory: WebAssembly.Memory;
  /** Free blocks by address; neighbours are merged. */
  readonly #free: { address: number; bytes: number }[] = [];
  readonly #live = new Set<Block>();
  #end: number;

  /** `start`: bytes at the beginning that are never handed out. */
  constructor(readonly ledger: MemoryLedger, start: number) {
    this.memory = new WebAssembly.Memory({ initial: 16, maximum: MAXIMUM_PAGES, shared: true });
    this.#end = roundUp(start);
  }

  /** Bytes of address space taken from the system. */
  get reservedBytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** A block with undefined content. @throws {OutOfMemoryError} beyond the ledger's limit or the address space. */
  allocate(byteLength: number, tag: string): Block {
    if (!Number.isSafeInteger(byteLength) || byteLength < 0) {
      throw new RangeError(`cannot allocate ${byteLength} bytes for "${tag}"`);
    }
    const size = roundUp(byteLength);
    this.ledger.take(size, tag);
    const address = this.#reuse(size) ?? this.#extend(size);
    if (address === undefined) {
      this.ledger.give(size, tag);
      throw this.ledger.exhausted(size, tag, `address space ${MAXIMUM_PAGES * PAGE_BYTES / 2 ** 30} GiB`);
    }
    const block = { address, byteLength, tag };
    this.#live.add(block);
    return block;
  }

  /** Gives a block back. @throws {RangeError} if it was given back before */
  release(block: Block): void {
    if (!this.#live.delete(block)) {
      throw new RangeError(`buffer "${block.tag}" was released twice or belongs to another engine`);
    }
    const size = roundUp(block.byteLength);
    this.ledger.give(size, block.tag);
    this.#addFree(block.address, size);
  }

  /** Whether the block is in use. */
  has(block: Block): boolean {
    return this.#live.has(block);
  }

  /** Adds a free block, merged with free neighbours. One at the end goes back to what was never handed out. */
  #addFree(address: number, bytes: number): void {
    const place = this.#firstFreeAfter(address), before = this.#free[place - 1], after = this.#free[place];
    const joinsBefore = before !== undefined && before.address + before.bytes === address;
    const joinsAfter = after !== undefined && address + bytes === after.address;
    if (joinsBefore) before.bytes += bytes + (joinsAfter ? after.bytes : 0);
    else if (joinsAfter) this.#free[place] = { address, bytes: bytes + after.bytes };
    else this.#free.splice(place, 0, { address, bytes });
    if (joinsBefore && joinsAfter) this.#free.splice(place, 1);
    const last = this.#free.at(-1)!;
    if (last.address + last.bytes === this.#end) {
      this.#end = last.address;
      this.#free.pop();
    }
  }

  /** Index of the first free block after `address`. */
  #firstFreeAfter(address: number): number {
    let low = 0, high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle].address < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes the start of the smallest free block that is large enough, the first of equals. */
  #reuse(size: number): number | undefined {
    let best = -1, least = Infinity;
    for (let index = 0; index < this.#free.length && least > size; index++) {
      const { bytes } = this.#free[index];
      if (bytes >= size && bytes < least) [best, least] = [index, bytes];
    }
    if (best < 0) return undefined;
    const block = this.#free[best], { address } = block;
    if (block.bytes === size) this.#free.splice(best, 1);
    else {
      block.address += size;
      block.bytes -= size;
    }
    return address;
  }

  #extend(size: number): number | undefined {
    const needed = this.#end + size;
    const missing = needed + SLACK_BYTES - this.reservedBytes;
    if (missing > 0 && !this.#grow(Math.max(missing, GROWTH_BYTES)) && !this.#grow(missing)) return undefined;
    const address = this.#end;
    this.#end = needed;
    return address;
  }

  #grow(bytes: number): boolean {
    const pages = Math.ceil(bytes / PAGE_BYTES);
    if (this.reservedBytes / PAGE_BYTES + pages > MAXIMUM_PAGES) return false;
    try {
      this.memory.grow(pages);
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }
}

function roundUp(bytes: number): number {
  return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
}
