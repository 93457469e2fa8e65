import { WebGpuBackend } from "../../../../nn/backend/webgpu/webgpu_backend.ts";
import { backendSuite } from "../suite.ts";
backendSuite("WebGpuBackend", () => WebGpuBackend.open(), { sumTolerance: 1e-5 });
