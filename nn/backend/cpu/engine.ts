/** What the operations of the CPU engine work with: threads, memory, a workspace. */
import type { MemoryLedger } from "../memory.ts";
import { type Block, LinearMemory } from "./linear_memory.ts";
import type { NativeCode, NativeKernel, NativeParameters } from "./native/kernel.ts";
import { ExecutableMemory } from "./native/machine/executable_memory.ts";
import { CONTROL } from "./threads/control.ts";
import { type Kernel, type Parameters, type ParameterValues, SCRATCH_BYTES } from "./threads/kernel.ts";
import { type Split, ThreadPool } from "./threads/thread_pool.ts";

/** Runs kernels over a linear memory. Operations are plain functions of an engine, sizes and addresses. */
export class Engine implements Disposable {
  #workspace: Block | null = null;

  private constructor(readonly heap: LinearMemory, readonly pool: ThreadPool, readonly code: LoadedCode | null) {}

  /**
   * Compiles `kernels`, loads `code` and starts `threads` − 1 workers.
   *
   * @throws {OutOfMemoryError}
   * @throws {Error} if the system lets no machine code run
   */
  static async open(
    kernels: readonly Kernel[],
    threads: number,
    ledger: MemoryLedger,
    code: NativeCode | null = null,
  ): Promise<Engine> {
    const heap = new LinearMemory(ledger, CONTROL.end);
    const scratches = Array.from({ length: threads }, () => heap.allocate(SCRATCH_BYTES, "thread scratch").address);
    using owned = new DisposableStack();
    const loaded = code && { ...code, memory: owned.use(new ExecutableMemory(code.bytes)) };
    if (loaded) ledger.take(loaded.memory.byteLength, "machine code");
    const nativeEntry = loaded ? Deno.UnsafePointer.value(loaded.memory.address(loaded.entry)) : undefined;
    const pool = await ThreadPool.open({ memory: heap.memory, kernels, scratches, nativeEntry });
    owned.move();
    return new Engine(heap, pool, loaded);
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
    this.code?.memory[Symbol.dispose]();
  }
}

/** {@link NativeCode} in executable memory. */
interface LoadedCode extends NativeCode {
  readonly memory: ExecutableMemory;
}
