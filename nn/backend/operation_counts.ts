/** How often each operation of an engine was called, and how much work that was. */

/** Work of one kind of operation. */
export interface OperationCount {
  /** Calls; on a GPU about as many kernel launches. */
  calls: number;
  /** Additions, multiplications, divisions and elementary functions, by the formula and not by what padding saves. */
  floatOperations: number;
  /** Bytes of all operands, read-modify-write twice. */
  bytesTouched: number;
}

/** Counters by name of operation. */
export class OperationCounts {
  readonly #counts = new Map<string, OperationCount>();

  /** Notes one call. */
  add(operation: string, floatOperations: number, bytesTouched: number): void {
    const count = this.#counts.get(operation) ?? { calls: 0, floatOperations: 0, bytesTouched: 0 };
    count.calls++;
    count.floatOperations += floatOperations;
    count.bytesTouched += bytesTouched;
    this.#counts.set(operation, count);
  }

  /** All operations that were called, most float operations first. */
  byOperation(): [operation: string, count: Readonly<OperationCount>][] {
    return [...this.#counts].sort(([, a], [, b]) => b.floatOperations - a.floatOperations);
  }

  /** The sum over all operations. */
  total(): OperationCount {
    const total = { calls: 0, floatOperations: 0, bytesTouched: 0 };
    for (const count of this.#counts.values()) {
      total.calls += count.calls;
      total.floatOperations += count.floatOperations;
      total.bytesTouched += count.bytesTouched;
    }
    return total;
  }

  /** Forgets everything. */
  reset(): void {
    this.#counts.clear();
  }
}
