import { CpuBackend } from "../../../nn/backend/cpu/cpu_backend.ts";
import { availableMachineCode } from "../../../nn/backend/cpu/native/available.ts";
import type { ProductCode } from "../../../nn/backend/cpu/native/choice.ts";

const CODES = { "wasm": "WebAssembly", "native-avx2": "AVX2", "native-avx512": "AVX-512" } as const satisfies Record<
  string,
  ProductCode
>;

/** Name of an engine. */
export type EngineName = keyof typeof CODES;

const { sets } = availableMachineCode();

/** Engines of the program that can be checked on this machine. */
export const ENGINE_NAMES: readonly EngineName[] = (Object.keys(CODES) as EngineName[]).filter((name) =>
  name === "wasm" || (sets as readonly ProductCode[]).includes(CODES[name])
);

/** Opens an engine by name; `threads`: one per core if left out or 0. */
export function openEngine(name: EngineName, threads?: number): Promise<CpuBackend> {
  return CpuBackend.open({ threads: threads || undefined, code: CODES[name] });
}
