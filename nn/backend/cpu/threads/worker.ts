/** A worker thread: runs tasks until it is asked to stop. Started by {@link ThreadPool}. */
import { parentPort, workerData } from "node:worker_threads";
import { CONTROL } from "./control.ts";
import { openEnvironment } from "./environment.ts";
import type { WorkerStart } from "./thread_pool.ts";

const start = workerData as WorkerStart, { module, memory } = start;
using environment = openEnvironment(start);
const { exports } = new WebAssembly.Instance(module, environment.imports);
parentPort!.postMessage("ready");
try {
  (exports.work as () => void)();
} catch {
  // The main thread may be waiting for the task that failed here: tell it through memory; it reports the error.
  const words = new Int32Array(memory.buffer, 0, CONTROL.end / 4);
  Atomics.store(words, CONTROL.failed / 4, 1);
  Atomics.notify(words, CONTROL.done / 4);
}
