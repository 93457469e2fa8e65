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

/** Chooses the code for a wish. @throws {UserError} if machine code is asked for and does not run here */
export function chooseCode(
  wish: CpuEngineName,
  available: () => AvailableMachineCode = availableMachineCode,
): CodeChoice {
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
