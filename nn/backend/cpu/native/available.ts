/** Which machine code runs here, and if none does, why. */
import { askProcessor } from "./machine/processor.ts";
import type { VectorSetName } from "./vector_set.ts";

/** See {@link availableMachineCode}. */
export interface AvailableMachineCode {
  /** Sets of vector instructions that the processor and the system offer, the fastest first. */
  readonly sets: readonly VectorSetName[];
  /** Whether AVX-512 has dot products of bfloat16. */
  readonly bfloat16: boolean;
  /** Why there are none, as the end of a sentence that begins "because"; null if there are. */
  readonly problem: string | null;
}

/** What this process may use. Asks no person for a permission. */
export function availableMachineCode(): AvailableMachineCode {
  const none = (problem: string) => ({ sets: [], bfloat16: false, problem });
  if (Deno.build.arch !== "x86_64") return none(`the processor is ${Deno.build.arch}, not x86-64`);
  if (Deno.build.os !== "linux") return none(`machine code is written for Linux, not ${Deno.build.os}`);
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return none("--allow-ffi was not given");
  try {
    const { avx2, avx512, avx512bf16 } = askProcessor();
    if (!avx2) return none("the processor has no AVX2");
    return { sets: avx512 ? ["AVX-512", "AVX2"] : ["AVX2"], bfloat16: avx512bf16, problem: null };
  } catch (error) {
    return none(error instanceof Error ? error.message : String(error));
  }
}
