import type { Backend } from "../../nn/backend/backend.ts";
import { CpuBackend } from "../../nn/backend/cpu/cpu_backend.ts";

/** Engines of the program that can be checked on this machine. */
export const ENGINE_NAMES = ["wasm"] as const;

/** Opens an engine by name; `threads`: one per core if left out. */
export function openEngine(_name: typeof ENGINE_NAMES[number], threads?: number): Promise<Backend> {
  return CpuBackend.open({ threads });
}
