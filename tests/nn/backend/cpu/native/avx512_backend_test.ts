import { CpuBackend } from "../../../../../nn/backend/cpu/cpu_backend.ts";
import { availableMachineCode } from "../../../../../nn/backend/cpu/native/available.ts";
import { backendSuite } from "../../suite.ts";

const { sets, problem } = availableMachineCode();

if (sets.includes("AVX-512")) {
  // As in WebAssembly, the error of a product grows with √n once more.
  backendSuite("CpuBackend AVX-512", () => CpuBackend.open({ threads: 3, code: "AVX-512" }), { sumTolerance: 1e-5 });
} else {
  Deno.test.ignore(`CpuBackend AVX-512: left out because ${problem ?? "the processor has no AVX-512"}`, () => {});
}
