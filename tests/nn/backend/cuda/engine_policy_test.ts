import { assert, assertEquals } from "@std/assert";
import { type EnginePolicy, knownBadEngines, rejection, tier } from "../../../../nn/backend/cuda/conv/engine_policy.ts";
import { targetArchitecture } from "../../../../nn/backend/cuda/kernel_library.ts";
import { resolveDevice } from "../../../../nn/backend/device_name.ts";

const POLICY: EnginePolicy = {
  precision: "fp32",
  deterministic: false,
  workspaceLimitBytes: 2 ** 30,
  cudnnVersion: 92400,
  cublasVersion: [13, 1, 1],
  capability: [9, 0],
};

const engine = (number: number, ...notes: string[]) => ({
  engine: number,
  has: (note: string) => notes.includes(note),
});

Deno.test("rejection: notes against precision and determinism", () => {
  const tensorCore = engine(7, "TENSOR_CORE"), rounding = engine(7, "TENSOR_CORE", "DOWN_CONVERT_INPUTS");
  assert(rejection("forward", tensorCore, POLICY));
  assertEquals(rejection("forward", tensorCore, { ...POLICY, precision: "tf32" }), null);
  assert(rejection("forward", rounding, { ...POLICY, precision: "tf32" }));
  assertEquals(rejection("forward", rounding, { ...POLICY, precision: "bf16" }), null);
  const varies = engine(20, "NONDETERMINISTIC");
  assertEquals(rejection("filterGradient", varies, POLICY), null);
  assert(rejection("filterGradient", varies, { ...POLICY, deterministic: true }));
});

Deno.test("rejection: engines known to be wrong, by operation, version and device", () => {
  assert(rejection("inputGradient", engine(23), POLICY));
  assertEquals(rejection("filterGradient", engine(23), POLICY), null);
  for (const [cudnnVersion, bad] of [[90700, false], [90800, true], [91400, true], [91500, false]] as const) {
    assertEquals(rejection("forward", engine(23), { ...POLICY, cudnnVersion }) !== null, bad, String(cudnnVersion));
  }
  const blackwell: EnginePolicy = { ...POLICY, capability: [12, 0] };
  assert(rejection("forward", engine(58), blackwell));
  assertEquals(rejection("forward", engine(58), { ...blackwell, cublasVersion: [13, 6, 1] }), null);
  assertEquals(rejection("forward", engine(58), POLICY), null);
});

Deno.test("knownBadEngines: says what is left out with the versions at hand, and why", () => {
  assertEquals(knownBadEngines(POLICY), ["engine 23 of input gradients (wrong gradients in three dimensions)"]);
  assertEquals(knownBadEngines({ ...POLICY, cudnnVersion: 91000 }).length, 2);
  assertEquals(knownBadEngines({ ...POLICY, capability: [12, 0] }).length, 4);
});

Deno.test("tier: tensor cores, then without, then the naive engine", () => {
  const bf16: EnginePolicy = { ...POLICY, precision: "bf16" };
  assertEquals([tier(engine(7, "TENSOR_CORE"), bf16), tier(engine(7), bf16), tier(engine(0), bf16)], [0, 1, 2]);
  assertEquals(tier(engine(28), POLICY), 0);
});

Deno.test("targetArchitecture: the device's own, the nearest of its family, or text for the driver", () => {
  const supported = [75, 80, 86, 89, 90, 100, 120];
  assertEquals(targetArchitecture([8, 9], supported), "sm_89");
  assertEquals(targetArchitecture([8, 7], supported), "sm_86");
  assertEquals(targetArchitecture([12, 1], supported), "sm_120");
  assertEquals(targetArchitecture([13, 0], supported), "compute_120");
});

Deno.test("resolveDevice: names of engines", () => {
  assertEquals(["cpu", "webgpu", "cuda", "cuda:03"].map(resolveDevice), ["cpu", "webgpu", "cuda:0", "cuda:3"]);
});
