/** The codes that the CPU engine can run here. */
import type { WordFormat } from "../../../nn/backend/cpu/multiply/word_format.ts";
import { availableMachineCode } from "../../../nn/backend/cpu/native/available.ts";
import type { ProductCode } from "../../../nn/backend/cpu/native/choice.ts";

/** Options of `CpuBackend.open` with a name for tables. */
export interface CpuCode {
  readonly name: string;
  readonly code: ProductCode;
  readonly format: WordFormat;
}

/** All that this machine offers, the fastest of float32 first and WebAssembly last. */
export function cpuCodes(): CpuCode[] {
  const { sets, bfloat16 } = availableMachineCode();
  const exact = [...sets, "WebAssembly" as const].map((code) => ({ name: code, code, format: "float32" as const }));
  if (!bfloat16) return exact;
  return [exact[0], { name: "AVX-512 bf16", code: "AVX-512", format: "bfloat16" }, ...exact.slice(1)];
}
