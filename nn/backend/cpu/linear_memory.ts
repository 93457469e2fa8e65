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
 * Blocks by exact size over one linear memory that only grows. A request is met by a free block of its size; failing
 * that by free neighbours merged and split; failing that from the end. Sizes are rounded up to 64 bytes.
 */
export class LinearMemory {
  /** Shared by all threads. Its `buffer` is another object after growing. */
  readonly memory: WebAssembly.Memory;
  readonly #free = new Map<number, number[]>();
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
    const address = this.#reuse(size) ?? this.#mergeAndSplit(size) ?? this.#extend(size);
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

  #addFree(address: number, size: number): void {
    const sameSize = this.#free.get(size);
    if (sameSize) sameSize.push(address);
    else this.#free.set(size, [address]);
  }

  #reuse(size: number): number | undefined {
    return this.#free.get(size)?.pop();
  }

  /** Merges free neighbours, then takes the smallest block that is large enough and splits it. */
  #mergeAndSplit(size: number): number | undefined {
    const blocks = [...this.#free].flatMap(([bytes, addresses]) => addresses.map((address) => ({ address, bytes })));
    blocks.sort((a, b) => a.address - b.address);
    const merged: { address: number; bytes: number }[] = [];
    for (const block of blocks) {
      const last = merged.at(-1);
      if (last && last.address + last.bytes === block.address) last.bytes += block.bytes;
      else merged.push({ ...block });
    }
    const last = merged.at(-1);
    if (last && last.address + last.bytes === this.#end) {
      this.#end = last.address;
      merged.pop();
    }
    this.#free.clear();
    const best = merged.filter(({ bytes }) => bytes >= size).sort((a, b) => a.bytes - b.bytes)[0];
    for (const block of merged) {
      if (block !== best) this.#addFree(block.address, block.bytes);
      else if (block.bytes > size) this.#addFree(block.address + size, block.bytes - size);
    }
    return best?.address;
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
