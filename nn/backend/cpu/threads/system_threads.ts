/** Threads of the system, which share memory and may run machine code. */
import { Worker } from "node:worker_threads";
import { openEnvironment } from "./environment.ts";
import type { ThreadHost } from "./thread_host.ts";

/** See the file's comment. */
export const SYSTEM_THREADS: ThreadHost = {
  sharedMemory: true,
  openEnvironment,
  startWorker(start) {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: start });
    return new Promise((resolve, reject) => {
      worker.once("message", () => {
        worker.unref();
        resolve();
      });
      worker.once("error", reject);
    });
  },
};
