/** Rounding float32 to bfloat16 in registers. AVX512-BF16. */
import { type Memory, type VectorRegister } from "./assembler/mod.ts";
import type { CodeBuilder } from "./code_builder.ts";

/** Loads what {@link loadInterleaved} needs. */
export function interleavedIndices(k: CodeBuilder, target: VectorRegister): void {
  // Numbers 0 … 15 are the first vector's, 16 … 31 the second's; two indices in a word.
  const table = k.shared("indices of interleaved halves", () => {
    k.words(Array.from({ length: 16 }, (_, lane) => lane | (16 + lane) << 16));
  });
  k.vmovups(target, table);
}

/** Every lane of `target` = the lanes of both vectors in memory as bfloat16, that of `first` in the lower half. */
export function loadInterleaved(
  k: CodeBuilder,
  target: VectorRegister,
  first: Memory,
  second: Memory,
  indices: VectorRegister,
  spare: VectorRegister,
): void {
  k.vmovups(spare, second);
  k.vcvtne2ps2bf16(target, spare, first);
  k.vpermw(target, indices, target);
}
