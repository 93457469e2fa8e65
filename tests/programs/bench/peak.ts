/** The most that one thread can compute: fused multiply-adds on registers and nothing else. */
import { Assembler, Label, RAX, RDI, VectorRegister } from "../../../nn/backend/cpu/native/assembler/mod.ts";
import { ExecutableMemory } from "../../../nn/backend/cpu/native/machine/executable_memory.ts";
import { NUMBERS_PER_WORD, type WordFormat } from "../../../nn/backend/cpu/multiply/word_format.ts";
import { VECTOR_SETS, type VectorSetName } from "../../../nn/backend/cpu/native/vector_set.ts";

const UNROLL = 4;

/** Runs so many rounds of multiply-adds; returns the number of floating point operations. */
export interface PeakLoop extends Disposable {
  run(rounds: number): number;
}

/** The loop for a set of vector instructions. */
export function peakLoop(name: VectorSetName, format: WordFormat = "float32"): PeakLoop {
  const { bytes, registers } = VECTOR_SETS[name];
  // Independent sums, enough to hide the latency of a multiply-add; the last two registers are factors.
  const sums = registers - 2, a = new Assembler(), end = new Label();
  const register = (index: number) => new VectorRegister(index, bytes);
  for (let i = 0; i < registers; i++) a.vzero(register(i));
  const loop = a.here();
  a.sub(RDI, 1);
  a.jumpIf("less", end);
  for (let i = 0; i < sums * UNROLL; i++) {
    const operands = [register(i % sums), register(sums), register(sums + 1)] as const;
    if (format === "float32") a.vfmadd231ps(...operands);
    else a.vdpbf16ps(...operands);
  }
  a.jump(loop);
  a.place(end);
  a.vzeroupper();
  a.xor(RAX, RAX);
  a.ret();
  const memory = new ExecutableMemory(a.finish());
  const code = new Deno.UnsafeFnPointer(memory.address(), { parameters: ["i64"], result: "void" });
  return {
    run(rounds) {
      code.call(BigInt(rounds));
      return rounds * sums * UNROLL * (bytes / 4) * NUMBERS_PER_WORD[format] * 2;
    },
    [Symbol.dispose]: () => memory[Symbol.dispose](),
  };
}
