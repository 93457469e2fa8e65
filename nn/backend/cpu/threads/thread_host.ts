/** What differs from platform to platform: how threads are started, and what the module of kernels imports on them. */

/** Name of the function by which the module calls machine code. */
export const NATIVE_IMPORT = "native";

/** What a thread gets to start with. */
export interface ThreadStart {
  readonly memory: WebAssembly.Memory;
  /** Address of the thread's private memory. */
  readonly scratch: number;
  /** Address of the entry of machine code; null: there is none. */
  readonly nativeEntry: bigint | null;
}

/** What a worker gets to start with. */
export interface WorkerStart extends ThreadStart {
  readonly module: WebAssembly.Module;
}

/** The imports of the module on one thread, until disposed. */
export interface ModuleEnvironment extends Disposable {
  readonly imports: WebAssembly.Imports;
}

/** See the file's comment. */
export interface ThreadHost {
  /** Whether threads share the memory; without, there is one thread. */
  readonly sharedMemory: boolean;
  /** The imports of the module on the thread that calls this. */
  openEnvironment(start: ThreadStart): ModuleEnvironment;
  /** Starts a worker. Resolves when it is about to take jobs; from then on it does not keep the process alive. */
  startWorker(start: WorkerStart): Promise<void>;
}

/** The thread that calls, alone: what there is in a page that no headers let share memory. */
export const OWN_THREAD: ThreadHost = {
  sharedMemory: false,
  openEnvironment: ({ memory, scratch }) => ({ imports: { env: { memory, scratch } }, [Symbol.dispose]() {} }),
  startWorker: () => Promise.reject(new RangeError("this thread is the only one")),
};
