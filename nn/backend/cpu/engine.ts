/** What the operations of the CPU engine work with: threads, memory, a workspace. */
import type { MemoryLedger } from "../memory.ts";
import { type Block, LinearMemory, reserveMemory } from "./linear_memory.ts";
import type { NativeCode, NativeKernel, NativeParameters } from "./native/kernel.ts";
import { CONTROL } from "./threads/control.ts";
import { type Kernel, type Parameters, type ParameterValues, SCRATCH_BYTES } from "./threads/kernel.ts";
import type { ThreadHost } from "./threads/thread_host.ts";
import { type Split, ThreadPool } from "./threads/thread_pool.ts";

/** Runs kernels over a linear memory. Operations are plain functions of an engine, sizes and addresses. */
export class Engine implements Disposable {
  #workspace: Block | null = null;

  private constructor(readonly heap: LinearMemory, readonly pool: ThreadPool, readonly code: LoadedCode | null) {}

  /** Compiles `kernels` and starts `threads` − 1 workers. The engine owns the code. @throws {OutOfMemoryError} */
  static async open(
    kernels: readonly Kernel[],
    threads: number,
    ledger: MemoryLedger,
    host: ThreadHost,
    code: LoadedCode | null = null,
  ): Promise<Engine> {
    const heap = new LinearMemory(ledger, CONTROL.end, reserveMemory(host.sharedMemory)), { memory } = heap;
    const scratches = Array.from({ length: threads }, () => heap.allocate(SCRATCH_BYTES, "thread scratch").address);
    const pool = await ThreadPool.open({ host, memory, kernels, scratches, nativeEntry: code?.address });
    return new Engine(heap, pool, code);
  }

  /** Runs a kernel over `split.count` items and waits. */
  run<P extends Parameters>(kernel: Kernel<P>, split: Split, values: ParameterValues<P>): void {
    this.pool.run(kernel, split, values);
  }

  /** Runs `tasks` tasks of a kernel in machine code and waits. @throws {TypeError} if it is not in the engine's code */
  runNative<P extends NativeParameters>(
    kernel: NativeKernel<P>,
    tasks: number,
    values: Readonly<Record<keyof P, number>>,
  ): void {
    const offset = this.code?.kernels.get(kernel);
    if (offset === undefined) throw new TypeError(`the engine has no machine code for ${kernel.name}`);
    this.pool.runNative(kernel.name, offset, tasks, Object.keys(kernel.parameters).map((name) => values[name]));
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

  /** Writes numbers into the memory. */
  write(address: number, numbers: readonly number[]): void {
    new Float32Array(this.heap.memory.buffer, address, numbers.length).set(numbers);
  }

  /** Stops the workers and frees the machine code. */
  [Symbol.dispose](): void {
    this.pool[Symbol.dispose]();
    // No thread is in it: every job has ended.
    this.code?.[Symbol.dispose]();
  }
}

/** {@link NativeCode} in executable memory, until disposed. */
export interface LoadedCode extends NativeCode, Disposable {
  /** Of the entry. */
  readonly address: bigint;
}
