/** The backend suite on whatever device the environment offers; `emulated_test.ts` runs it on the emulated one. */
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { backendSuite } from "../../suite.ts";

backendSuite("cuda fp32", () => CudaBackend.open({ precision: "fp32", cacheFolder: null }));
