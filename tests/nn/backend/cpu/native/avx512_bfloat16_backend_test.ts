import { CpuBackend } from "../../../../../nn/backend/cpu/cpu_backend.ts";
import { availableMachineCode } from "../../../../../nn/backend/cpu/native/available.ts";
import { backendSuite } from "../../suite.ts";

const { bfloat16, problem } = availableMachineCode(), name = "CpuBackend AVX-512 bfloat16";

if (bfloat16) {
  // Both factors of a product are off by up to 2^-8; the errors of a sum grow as its root, single products have the largest.
  const open = () => CpuBackend.open({ threads: 3, code: "AVX-512", format: "bfloat16" });
  backendSuite(name, open, { sumTolerance: 5e-2 });
} else {
  Deno.test.ignore(`${name}: left out because ${problem ?? "the processor has no AVX512-BF16"}`, () => {});
}
