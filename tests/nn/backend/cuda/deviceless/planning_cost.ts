/**
 * Plans every convolution of the paper with NVIDIA's libraries behind a stand-in for the driver (argument 1) and prints
 * what that cost for each kind of GPU and precision, as JSON. For `planning_cost_test.ts`.
 */
import { CudaLibraries, deviceProperties, processEnvironment } from "../../../../../ffi/mod.ts";
import { print } from "../../../../../base/output.ts";
import { CacheFolder } from "../../../../../base/cache_folder.ts";
import { PlanStore } from "../../../../../nn/backend/cuda/conv/plan_store.ts";
import { chunkOf, Planner, type PlanningCost } from "../../../../../nn/backend/cuda/conv/planner.ts";
import { planWorkspaceLimitBytes } from "../../../../../nn/backend/cuda/planned_engine.ts";
import { PRECISIONS } from "../../../../../nn/backend/precision.ts";
import { GPUS } from "../../../../helpers/gpu_properties.ts";
import { paperProblems } from "../../../../helpers/paper_convolutions.ts";

/** What planning a training cost. */
export interface CostOfTraining extends PlanningCost {
  readonly gpu: string;
  readonly precision: string;
  /** Problems for which some plan was compiled, and most plans built for one. */
  compiledProblems: number;
  mostBuilt: number;
  mostCompiled: number;
}

const [driver, gpus] = Deno.args;
Deno.dlopen(driver, {});
const { cudnn, cublas } = new CudaLibraries(processEnvironment());
const costs: CostOfTraining[] = [];
for (const { name, capability, json } of GPUS.filter((gpu) => gpus.split(",").includes(gpu.name))) {
  using properties = deviceProperties(cudnn, json);
  for (const precision of PRECISIONS) {
    const versions = { cudnnVersion: cudnn.version(), cublasVersion: cublas.version() };
    const workspaceLimitBytes = planWorkspaceLimitBytes(12 * 2 ** 30);
    const policy = { precision, deterministic: false, workspaceLimitBytes, capability, ...versions };
    const store = new PlanStore(new CacheFolder(null), "test");
    using planner = new Planner(cudnn, policy, { properties }, store, () => {});
    const cost = { gpu: name, precision, ...planner.cost, compiledProblems: 0, mostBuilt: 0, mostCompiled: 0 };
    for (const whole of paperProblems(precision)) {
      const before = planner.cost;
      planner.plan(chunkOf(whole, planner.chunks(whole)), () => 1);
      const built = planner.cost.built - before.built, compiled = planner.cost.compiled - before.compiled;
      cost.compiledProblems += Number(compiled > 0);
      cost.mostBuilt = Math.max(cost.mostBuilt, built);
      cost.mostCompiled = Math.max(cost.mostCompiled, compiled);
    }
    costs.push({ ...cost, ...planner.cost });
  }
}
print(JSON.stringify(costs));
