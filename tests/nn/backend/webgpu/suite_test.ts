import { WebGpuBackend } from "../../../../nn/backend/webgpu/webgpu_backend.ts";
import { backendSuite } from "../suite.ts";
import { adapter, webGpuTest } from "./adapter.ts";

// Each element of a product is summed one term after the other, whose error grows with √n once more.
if (adapter) backendSuite("WebGpuBackend", () => Promise.resolve(WebGpuBackend.open()), { sumTolerance: 1e-5 });
else webGpuTest("WebGpuBackend: every operation against the reference", () => {});
