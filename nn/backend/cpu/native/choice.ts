/** Which code the CPU engine runs: what the person wants, joined with what there is. */
import { UserError } from "../../../../base/errors.ts";
import { type AvailableMachineCode, availableMachineCode } from "./available.ts";
import type { VectorSetName } from "./vector_set.ts";

/** Values of the option `cpuEngine`. */
export const CPU_ENGINES = ["auto", "native", "wasm"] as const satisfies readonly CpuEngineName[];

/** native: machine code; wasm: WebAssembly; auto: machine code where it runs. */
export type CpuEngineName = "auto" | "native" | "wasm";

/** What carries out products: machine code for one of the sets of vector instructions, or WebAssembly. */
export type ProductCode = VectorSetName | "WebAssembly";

/** See {@link chooseCode}. */
export interface CodeChoice {
  readonly code: ProductCode;
  /** A line for the person if machine code would have been taken and does not run here; else null. */
  readonly notice: string | null;
}

/**
 * Chooses the code for a wish; `bfloat16`: for products of that, which only machine code has.
 *
 * @throws {UserError} if machine code or bfloat16 is asked for and does not run here
 */
export function chooseCode(
  wish: CpuEngineName,
  bfloat16 = false,
  available: () => AvailableMachineCode = availableMachineCode,
): CodeChoice {
  if (bfloat16) {
    const { bfloat16: has, problem } = available();
    if (has && wish !== "wasm") return { code: "AVX-512", notice: null };
    const why = wish === "wasm" ? "WebAssembly has no such products" : problem ?? "the processor has no AVX512-BF16";
    throw new UserError(`precision bf16 cannot run on the CPU, because ${why}; use --precision fp32`);
  }
  if (wish === "wasm") return { code: "WebAssembly", notice: null };
  const { sets: [best], problem } = available();
  if (best !== undefined) return { code: best, notice: null };
  if (wish === "native") {
    throw new UserError(`cpu engine "native" cannot run, because ${problem}; use --cpu-engine wasm, or auto`);
  }
  return {
    code: "WebAssembly",
    notice: `The CPU engine runs in WebAssembly and not in machine code, which is faster, because ${problem}`,
  };
}
