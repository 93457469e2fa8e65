/** A worker thread: runs tasks until it is asked to stop. Started by {@link ThreadPool}. */
import { parentPort, workerData } from "node:worker_threads";
import { openEnvironment } from "./environment.ts";
import { reportFailure } from "./failure.ts";
import type { WorkerStart } from "./thread_host.ts";

const start = workerData as WorkerStart, { module, memory } = start;
using environment = openEnvironment(start);
const { exports } = new WebAssembly.Instance(module, environment.imports);
parentPort!.postMessage("ready");
try {
  (exports.work as () => void)();
} catch (error) {
  reportFailure(memory, error);
}
