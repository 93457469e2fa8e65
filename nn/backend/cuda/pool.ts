/**
 * Device memory. Blocks are kept after their release and found again by exact size; those of work that repeats lie in
 * one arena, laid out from their lifetimes.
 */
import { DeviceMemory, LibraryError, type Runtime, RUNTIME_STATUS } from "../../../ffi/mod.ts";
import { type DeviceBuffer, requireInside, type Span } from "../buffer.ts";
import type { MemoryLedger } from "../memory.ts";
import { type Plan, Rehearsal } from "./rehearsal.ts";

/** Sizes are rounded up to this, as the driver would. */
const GRANULE_BYTES = 512;

/** A piece of the arena. */
class ArenaPlace {
  constructor(readonly address: bigint, readonly byteLength: number) {}
}

/** A buffer of the device. */
export class Block implements DeviceBuffer {
  /** Whether it is between allocation and release. */
  live = true;

  constructor(readonly byteLength: number, readonly tag: string, readonly memory: DeviceMemory | ArenaPlace) {}
}

/**
 * The pool. One stream uses all of its memory, so a block may be handed out again while earlier work on it still runs.
 *
 * The limit of the ledger holds for what the device gave, free blocks included: of those as many are given back as it
 * takes before a request is refused.
 */
export class DevicePool implements Disposable {
  readonly #free = new Map<number, DeviceMemory[]>();
  readonly #live = new Set<Block>();
  #freeBytes = 0;
  #allocations = 0;
  /** By key of {@link repeated}; null where the device has no room for an arena. */
  readonly #plans = new Map<string, Plan | null>();
  #run: Rehearsal | null = null;
  #arena: DeviceMemory | null = null;
  /** Called before memory goes back to the device: work that uses it has to be in the stream by then. */
  beforeFreeing: () => void = () => {};
  /** Blocks in the arena. */
  readonly #placed = new Set<ArenaPlace>();

  constructor(readonly runtime: Runtime, readonly ledger: MemoryLedger) {}

  /** Bytes that nobody uses and that the device could have back, but for those of an arena that is partly in use. */
  get freeBytes(): number {
    const { byteLength = 0 } = this.#arena ?? {};
    return this.#freeBytes + byteLength - [...this.#placed].reduce((sum, place) => sum + place.byteLength, 0);
  }

  /** How often the device was asked for memory. */
  get allocations(): number {
    return this.#allocations;
  }

  /**
   * Runs `work`, which asks for the same sizes in the same order each time with the same key. The first run shows how
   * long blocks live; from the second on they lie in an arena of the size that they need together, at the places that
   * its layout gives them. A run that differs after all is met from free blocks and writes the plan anew.
   */
  repeated(key: string, work: () => void): void {
    if (this.#run) return work();
    const plan = this.#plans.get(key) ?? null;
    const run = this.#run = new Rehearsal(plan && this.#fitArena(plan) ? plan : null);
    if (plan && !run.plan) this.#plans.set(key, null);
    try {
      work();
    } finally {
      this.#run = null;
    }
    if (!run.asPlanned && this.#plans.get(key) !== null) this.#plans.set(key, run.learned());
  }

  /**
   * A block with undefined content, 256-byte aligned. `repeats`: whether it is asked for in every run of
   * {@link repeated} work, unlike scratch of the engine itself. @throws {OutOfMemoryError}
   */
  allocate(byteLength: number, tag: string, repeats = false): Block {
    if (!Number.isSafeInteger(byteLength) || byteLength < 0) throw new RangeError(`${byteLength} bytes for "${tag}"`);
    const size = Math.max(1, Math.ceil(byteLength / GRANULE_BYTES)) * GRANULE_BYTES;
    this.ledger.take(size, tag);
    try {
      const run = repeats ? this.#run : null;
      const memory = (run && this.#place(run, size)) ?? this.#reuse(size) ?? this.#obtain(size, tag);
      const block = new Block(byteLength, tag, memory);
      this.#live.add(block);
      run?.begin(block, size);
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
    this.#run?.end(block);
    const { memory } = block;
    if (memory instanceof ArenaPlace) this.#placed.delete(memory);
    else this.#keep(memory);
    this.ledger.give(memory.byteLength, block.tag);
  }

  /** Address of a span of which `byteLength` bytes are used. @throws {RangeError} unless they lie in a live buffer. */
  address(span: Span, byteLength: number, alignment: number): bigint {
    const block = this.#own(span.buffer);
    requireInside(span, byteLength, alignment);
    return block.memory.address + BigInt(span.byteOffset);
  }

  /** Gives all free blocks back to the device, and the arena unless it is in use. */
  trim(): void {
    this.#giveBack(Infinity);
  }

  /** Frees everything, live buffers too. */
  [Symbol.dispose](): void {
    for (const block of this.#live) {
      block.live = false;
      if (block.memory instanceof DeviceMemory) block.memory[Symbol.dispose]();
    }
    this.#live.clear();
    this.#placed.clear();
    this.trim();
  }

  #own(buffer: DeviceBuffer): Block {
    const block = buffer as Block;
    if (!this.#live.has(block)) {
      throw new RangeError(`buffer "${buffer.tag}" was released or belongs to another engine`);
    }
    return block;
  }

  /** Whether the arena holds a layout; a larger one is obtained if need be. */
  #fitArena({ byteLength }: Plan): boolean {
    if (this.#arena && this.#arena.byteLength >= byteLength) return true;
    if (this.#placed.size > 0 || byteLength === 0) return false;
    // What the work used so far is free now: the arena takes its place.
    this.trim();
    if (this.ledger.liveBytes + byteLength > this.ledger.limitBytes) return false;
    this.#arena = this.#tryObtain(byteLength);
    return this.#arena !== null;
  }

  /** The place that the plan of a run has for its next request, if nobody is there. */
  #place(run: Rehearsal, size: number): ArenaPlace | null {
    const offset = run.place(size);
    if (offset === null || !this.#arena) return null;
    const start = this.#arena.address + BigInt(offset), end = start + BigInt(size);
    for (const { address, byteLength } of this.#placed) {
      if (address < end && start < address + BigInt(byteLength)) {
        run.deviate();
        return null;
      }
    }
    const place = new ArenaPlace(start, size);
    this.#placed.add(place);
    return place;
  }

  #keep(memory: DeviceMemory): void {
    const same = this.#free.get(memory.byteLength);
    if (same) same.push(memory);
    else this.#free.set(memory.byteLength, [memory]);
    this.#freeBytes += memory.byteLength;
  }

  #reuse(size: number): DeviceMemory | undefined {
    const memory = this.#free.get(size)?.pop();
    if (memory) this.#freeBytes -= size;
    return memory;
  }

  /** Gives at least `bytes` back to the device if so many are free: the smallest block that is enough, else the largest. */
  #giveBack(bytes: number): void {
    this.beforeFreeing();
    for (let left = bytes; left > 0 && this.#freeBytes > 0;) {
      const sizes = [...this.#free].filter(([, memories]) => memories.length > 0).map(([size]) => size);
      const enough = sizes.filter((size) => size >= left);
      const size = enough.length > 0 ? Math.min(...enough) : Math.max(...sizes);
      this.#reuse(size)?.[Symbol.dispose]();
      left -= size;
      bytes = left;
    }
    if (bytes <= 0 || this.#placed.size > 0) return;
    this.#arena?.[Symbol.dispose]();
    this.#arena = null;
  }

  #obtain(size: number, tag: string): DeviceMemory {
    // The ledger counts the request already.
    this.#giveBack(this.ledger.liveBytes + this.freeBytes - this.ledger.limitBytes);
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
