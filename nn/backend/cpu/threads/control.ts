/**
 * The words that threads share, as byte addresses at the start of the linear memory. Words that different threads
 * write lie on cache lines of their own.
 */
export const CONTROL = {
  /** Grows with every job; what idle workers sleep on. */
  epoch: 64,
  /** Tasks of the current job that nobody has claimed; zero or less when there are none. */
  remaining: 128,
  /** Tasks of the current job that are finished; what the main thread sleeps on. */
  done: 192,
  /** Number of workers that sleep or are about to. */
  sleepers: 256,
  /** 1 while the main thread sleeps or is about to. */
  mainSleeps: 320,
  /** 1 asks workers to return. */
  stop: 384,
  /** Bytes of `error` after a worker was stopped by an error, the pool is unusable then; 0 before. */
  failed: 448,
  /** 1 after a worker took it on itself to write `error`: that of the first is kept. */
  failing: 452,
  /** The job: table slot of the kernel, number of tasks, items in all, items per task. */
  slot: 512,
  tasks: 516,
  count: 520,
  grain: 524,
  /** Tasks of the current job in machine code that nobody has claimed; zero or less when there are none. */
  nativeRemaining: 576,
  /** The job in machine code: number of tasks; the kernel, in bytes from the entry of the code. */
  nativeTasks: 640,
  nativeEntry: 644,
  /** Arguments of the kernel. */
  arguments: 704,
  /** Text of the error that stopped a worker, in UTF-8. */
  error: 3072,
  /** First address that is not reserved. */
  end: 4096,
} as const;

/** Bytes of the argument block. */
export const ARGUMENT_BYTES = CONTROL.error - CONTROL.arguments;
