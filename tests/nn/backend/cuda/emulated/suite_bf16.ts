/** As `suite_fp32.ts`, with operands of products (and results of convolutions) rounded to bfloat16. */
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { backendSuite } from "../../suite.ts";

// Both operands and the result are off by up to 2^-9.
backendSuite("cuda bf16", () => CudaBackend.open({ precision: "bf16", cacheFolder: null }), { sumTolerance: 1e-1 });
