/** What the operations of the CPU engine work with: threads, memory, a workspace. */
import type { MemoryLedger } from "../memory.ts";
import { type Block, LinearMemory } from "./linear_memory.ts";
import { CONTROL } from "./threads/control.ts";
import { type Kernel, type Parameters, type ParameterValues, SCRATCH_BYTES } from "./threads/kernel.ts";
import { type Split, ThreadPool } from "./threads/thread_pool.ts";

/** Runs kernels over a linear memory. Operations are plain functions of an engine, sizes and addresses. */
export class Engine implements Disposable {
  #workspace: Block | null = null;

  private constructor(readonly heap: LinearMemory, readonly pool: ThreadPool) {}

  /** Compiles `kernels` and starts `threads` − 1 workers. @throws {OutOfMemoryError} */
  static async open(kernels: readonly Kernel[], threads: number, ledger: MemoryLedger): Promise<Engine> {
    const heap = new LinearMemory(ledger, CONTROL.end);
    const scratches = Array.from({ length: threads }, () => heap.allocate(SCRATCH_BYTES, "thread scratch").address);
    return new Engine(heap, await ThreadPool.open({ memory: heap.memory, kernels, scratches }));
  }

  /** Runs a kernel over `split.count` items and waits. */
  run<P extends Parameters>(kernel: Kernel<P>, split: Split, values: ParameterValues<P>): void {
    this.pool.run(kernel, split, values);
  }

  /**
   * Address of at least `byteLength` bytes for use within one operation. There is one workspace, which grows: the next
   * call may return the same or another place. Content is undefined.
   */
  workspace(byteLength: number): number {
    if (!this.#workspace || this.#workspace.byteLength < byteLength) {
      if (this.#workspace) this.heap.release(this.#workspace);
      this.#workspace = null;
      this.#workspace = this.heap.allocate(byteLength, "workspace");
    }
    return this.#workspace.address;
  }

  /** Stops the workers. */
  [Symbol.dispose](): void {
    this.pool[Symbol.dispose]();
  }
}
