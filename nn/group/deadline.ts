/** Calls of a library that wait for other ranks and cannot be asked whether they are done. */

/** A deadline, as its thread is told of it. */
export interface Deadline {
  readonly seconds: number;
  /** Exit code when it has passed. */
  readonly status: number;
  /** What is told then; null if there is nothing to add to what was told before. */
  readonly sentence: string | null;
}

/** Does `work`, which blocks; the process ends with the sentence if that takes longer. Linux only. */
export function withDeadline(deadline: Deadline, work: () => void): void {
  if (deadline.seconds === Infinity) return work();
  const thread = new Worker(new URL("./deadline_worker.ts", import.meta.url), { type: "module" });
  try {
    thread.postMessage(deadline);
    work();
  } finally {
    thread.terminate();
  }
}
