import type { Backend } from "./backend.ts";
import { CpuBackend } from "./cpu/cpu_backend.ts";
import { MAXIMUM_PAGES } from "./cpu/wasm/mod.ts";

const WASM_PAGE_BYTES = 65536;

/** What an engine is opened with. */
export interface EngineOptions {
  /** Threads of the CPU engine; 0 for one per core. */
  readonly threads?: number;
  /** Most memory that it may take. */
  readonly memoryLimitBytes?: number;
}

/** Most bytes that an engine of this device can hand out, whatever its limit: the address space of WebAssembly. */
export function addressableBytes(_device: "cpu"): number {
  return MAXIMUM_PAGES * WASM_PAGE_BYTES;
}

/** Opens the engine for a device. Dispose it to end its threads and give its memory back. */
export async function openBackend(_device: "cpu", { threads, memoryLimitBytes }: EngineOptions = {}): Promise<Backend> {
  return await CpuBackend.open({ threads: threads || undefined, memoryLimitBytes });
}
