import { CpuBackend } from "../../../../nn/backend/cpu/cpu_backend.ts";
import { backendSuite } from "../suite.ts";

// Each element of a product is summed by one fused multiply-add after the other, whose error grows with √n once more.
backendSuite("CpuBackend", () => CpuBackend.open({ threads: 3 }), { sumTolerance: 1e-5 });
