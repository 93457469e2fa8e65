import type { Backend } from "./backend.ts";
import { CpuBackend } from "./cpu/cpu_backend.ts";

/** What an engine is opened with. */
export interface EngineOptions {
  /** Threads of the CPU engine; 0 for one per core. */
  readonly threads?: number;
  /** Most memory that it may take. */
  readonly memoryLimitBytes?: number;
}

/** Opens the engine for a device. Dispose it to end its threads and give its memory back. */
export async function openBackend(_device: "cpu", { threads, memoryLimitBytes }: EngineOptions = {}): Promise<Backend> {
  return await CpuBackend.open({ threads: threads || undefined, memoryLimitBytes });
}
