/**
 * Group 1: every convolution of the paper's training gets a plan from the real cuDNN, through the engine's own code, on
 * a machine without a GPU.
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { deviceProperties } from "../../../../ffi/mod.ts";
import type { ConvGeometry } from "../../../../nn/backend/backend.ts";
import { CacheFolder } from "../../../../base/cache_folder.ts";
import { cachedPlan, candidatePlans } from "../../../../nn/backend/cuda/conv/candidates.ts";
import type { EnginePolicy } from "../../../../nn/backend/cuda/conv/engine_policy.ts";
import { PlanStore } from "../../../../nn/backend/cuda/conv/plan_store.ts";
import { chunkOf, Planner } from "../../../../nn/backend/cuda/conv/planner.ts";
import { convolutionProblem, describeProblem, problemKey } from "../../../../nn/backend/cuda/conv/problem.ts";
import { planWorkspaceLimitBytes } from "../../../../nn/backend/cuda/planned_engine.ts";
import { type Precision, PRECISIONS } from "../../../../nn/backend/precision.ts";
import { GPUS } from "../../../helpers/gpu_properties.ts";
import { libraries, testWithLibraries } from "../../../helpers/nvidia_libraries.ts";
import { paperConvolutions, paperProblems } from "../../../helpers/paper_convolutions.ts";

const LIMIT_BYTES = 12 * 2 ** 30;

function policyFor(precision: Precision, capability: readonly [number, number], deterministic = false): EnginePolicy {
  const { cudnn, cublas } = libraries;
  const workspaceLimitBytes = planWorkspaceLimitBytes(LIMIT_BYTES);
  const versions = { cudnnVersion: cudnn.version(), cublasVersion: cublas.version() };
  return { precision, deterministic, workspaceLimitBytes, capability, ...versions };
}

for (const gpu of GPUS) {
  for (const precision of PRECISIONS) {
    testWithLibraries(`plans for ${gpu.name} in ${precision}: a fast engine for every convolution of the paper`, () => {
      const { cudnn } = libraries, policy = policyFor(precision, gpu.capability);
      using properties = deviceProperties(cudnn, gpu.json);
      const store = new PlanStore(new CacheFolder(null), "test");
      const slow: string[] = [], seen = new Set<string>();
      using planner = new Planner(cudnn, policy, { properties }, store, (message) => slow.push(message));
      for (const whole of paperProblems(precision)) {
        const problem = chunkOf(whole, planner.chunks(whole)), key = problemKey(problem, precision);
        if (seen.has(key)) continue;
        seen.add(key);
        // Times cannot be had here: candidates stay in cuDNN's order.
        const { candidates: [{ plan, tier }] } = planner.plan(problem, () => 1);
        assert(plan.workspaceBytes <= policy.workspaceLimitBytes, describeProblem(problem));
        assertEquals(tier, 0, describeProblem(problem));
      }
      assertGreater(seen.size, 50);
      assertEquals(slow, []);
    });
  }
}

testWithLibraries("candidatePlans: with determinism asked for, no engine whose results vary", () => {
  const { cudnn } = libraries, { capability, json } = GPUS[0];
  using properties = deviceProperties(cudnn, json);
  const geometry: ConvGeometry = {
    batch: 2,
    input: [20, 12, 20],
    channels: 128,
    output: [10, 6, 10],
    filters: 256,
    kernel: [5, 3, 5],
    stride: 2,
    padding: [2, 1, 2],
  };
  const enginesOf = (deterministic: boolean) => {
    const problem = convolutionProblem(geometry, "inputGradient", "fp32", false);
    const found = candidatePlans(cudnn, problem, policyFor("fp32", capability, deterministic), { properties });
    for (const candidate of found) candidate[Symbol.dispose]();
    return found.map(({ engine }) => engine);
  };
  const all = enginesOf(false), repeating = enginesOf(true);
  assertGreater(repeating.length, 0);
  // Engine 25 adds with atomics.
  assert(!repeating.includes(25) && repeating.every((engine) => all.includes(engine)));
});

testWithLibraries("cachedPlan: a plan goes to JSON and back, a damaged one is refused", () => {
  const { cudnn } = libraries, { capability, json } = GPUS[0], policy = policyFor("bf16", capability);
  using properties = deviceProperties(cudnn, json);
  const [geometry] = paperConvolutions()[0];
  const problem = convolutionProblem(geometry, "forward", "bf16", false), target = { properties };
  const candidates = candidatePlans(cudnn, problem, policy, target);
  const { plan, engine, notes } = candidates[0], text = plan.toJson();
  const stored = { plan: text, engine, tier: 0, notes } as const;
  using again = cachedPlan(cudnn, stored, policy, target);
  assertEquals(again?.notes, notes);
  assertEquals(again?.plan.workspaceBytes, plan.workspaceBytes);
  assertEquals(again?.plan.toJson(), text);
  const other = GPUS.find((gpu) => gpu.capability[0] !== capability[0]);
  assert(other);
  using otherProperties = deviceProperties(cudnn, other.json);
  assertEquals(cachedPlan(cudnn, stored, policy, { properties: otherProperties }), null);
  assertEquals(cachedPlan(cudnn, stored, { ...policy, workspaceLimitBytes: -1 }, target), null);
  for (const candidate of candidates) candidate[Symbol.dispose]();
});
