/** The backend suite on a GPU, one precision to a file: an engine is open during all tests of its file. */
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import type { Precision } from "../../../../../nn/backend/precision.ts";
import { backendSuite } from "../../suite.ts";
import { gpuProblem, gpuTest } from "./gpu.ts";

/** √n-scaled bounds: float32 sums in any order, operands rounded to TF32 and bfloat16. */
const SUM_TOLERANCES: Readonly<Record<Precision, number>> = { fp32: 1e-5, tf32: 6e-3, bf16: 5e-2 };

/** Registers the suite, or one skipped test that says what is missing. */
export function gpuSuite(precision: Precision): void {
  if (gpuProblem !== null) return gpuTest(`backend suite on a GPU in ${precision}`, () => {});
  const open = () => CudaBackend.open({ precision, deterministic: true, cacheFolder: null });
  backendSuite(`cuda ${precision}`, open, { sumTolerance: SUM_TOLERANCES[precision] });
}
