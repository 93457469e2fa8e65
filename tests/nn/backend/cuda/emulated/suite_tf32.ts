/** As `suite_fp32.ts`, with operands of products rounded to TF32. */
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { backendSuite } from "../../suite.ts";

// Both operands of a product are off by up to 2^-11; a product of normal numbers is sometimes above 10.
backendSuite("cuda tf32", () => CudaBackend.open({ precision: "tf32", cacheFolder: null }), { sumTolerance: 1.2e-2 });
