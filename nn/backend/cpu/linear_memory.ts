/** The WebAssembly memory of the CPU engine, handed out in blocks. */
import { format } from "@std/fmt/bytes";
import { type MemoryLedger, OutOfMemoryError } from "../memory.ts";
import { MAXIMUM_PAGES, PAGE_BYTES } from "./wasm/mod.ts";

/** Bytes of the largest memory. */
export const ADDRESS_SPACE_BYTES = MAXIMUM_PAGES * PAGE_BYTES;
/** No engine does anything useful with less. */
const LEAST_PAGES = 2 ** 26 / PAGE_BYTES;
/** Every block starts at a multiple of this, a cache line. */
const ALIGNMENT = 64;
/** Kernels may read this far past the end of a block, so the memory never ends with one. */
const SLACK_BYTES = 256;

/** A part of the memory in use. */
export interface Block {
  readonly address: number;
  /** Size asked for. */
  readonly byteLength: number;
  readonly tag: string;
}

/**
 * Blocks of one linear memory. A request takes the smallest free block that is large enough, or else goes to the end.
 * Sizes are rounded up to 64 bytes.
 */
export class LinearMemory {
  /** Free blocks by address; neighbours are merged. */
  readonly #free: { address: number; bytes: number }[] = [];
  readonly #live = new Set<Block>();
  #end: number;

  /**
   * `start`: bytes at the beginning that are never handed out; `memory` has its final size.
   * @throws {OutOfMemoryError} if there are no addresses
   */
  constructor(readonly ledger: MemoryLedger, start: number, readonly memory: WebAssembly.Memory = reserveMemory(true)) {
    this.#end = roundUp(start);
  }

  /** Bytes of address space: 4 GiB, or as much as the system gave. */
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
      throw this.ledger.beyondAddresses(size, tag, this.reservedBytes);
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
    const address = this.#end;
    if (address + size + SLACK_BYTES > this.reservedBytes) return undefined;
    this.#end += size;
    return address;
  }
}

/**
 * All addresses at once. They cost nothing, as the system backs a page when it is touched; and a thread checks addresses
 * against the size that it knows, which after growing would for a while be the old one. Where a process may not have
 * 4 GiB (`ulimit -d`, strict overcommit, a page on a small device) it is half of that, and so on.
 */
export function reserveMemory(shared: boolean): WebAssembly.Memory {
  for (let pages = MAXIMUM_PAGES; pages >= LEAST_PAGES; pages /= 2) {
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new OutOfMemoryError(
    `the CPU engine needs ${format(LEAST_PAGES * PAGE_BYTES, { binary: true })} of memory at least, which the system ` +
      `does not give; raise the limits of the process (ulimit -d, ulimit -v)`,
  );
}

function roundUp(bytes: number): number {
  return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
}
