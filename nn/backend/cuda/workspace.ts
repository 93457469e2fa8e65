/** Scratch memory on the device that every operation shares: it grows and never shrinks. */
import type { Block, DevicePool } from "./pool.ts";

/** Offsets of parts are multiples of this. */
const ALIGNMENT_BYTES = 256;

/** `byteLength` rounded up so that the next part starts aligned. */
function alignedBytes(byteLength: number): number {
  return Math.ceil(byteLength / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

/** The one workspace. */
export class Workspace implements Disposable {
  #block: Block | null = null;

  constructor(readonly pool: DevicePool) {}

  /** Where it begins; null as long as nobody needed any. */
  get address(): bigint | null {
    return this.#block?.memory.address ?? null;
  }

  /**
   * Addresses of parts of the given sizes, 256-byte aligned, for use within one operation: the next call may return
   * the same or other places. Content is undefined. @throws {OutOfMemoryError}
   */
  parts(...byteLengths: readonly number[]): bigint[] {
    const total = byteLengths.reduce((sum, byteLength) => sum + alignedBytes(byteLength), 0);
    const block = this.#atLeast(total);
    let address = block.memory.address;
    return byteLengths.map((byteLength) => {
      const start = address;
      address += BigInt(alignedBytes(byteLength));
      return start;
    });
  }

  #atLeast(byteLength: number): Block {
    if (this.#block && this.#block.byteLength >= byteLength) return this.#block;
    if (this.#block) {
      this.pool.release(this.#block);
      this.#block = null;
      this.pool.trim(); // a smaller workspace is of no use to anybody
    }
    return this.#block = this.pool.allocate(Math.max(byteLength, ALIGNMENT_BYTES), "workspace");
  }

  [Symbol.dispose](): void {
    if (this.#block) this.pool.release(this.#block);
    this.#block = null;
  }
}
