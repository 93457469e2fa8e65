/** On a GPU: what choosing plans for the paper's training costs, apart from training; the next process plans nothing. */
import { assert, assertEquals } from "@std/assert";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import type { PlanningCost } from "../../../../../nn/backend/cuda/conv/planner.ts";
import { type Precision, PRECISIONS } from "../../../../../nn/backend/precision.ts";
import { gpuTest, note, sized } from "./gpu.ts";
import { iterateOnRooms, presetOptions, startTraining } from "./training.ts";

const PRESET = sized({ gpu: "full", emulated: "tiny" });

/** What an iteration of each stage costs in planning. */
async function planningCost(precision: Precision): Promise<PlanningCost> {
  const options = presetOptions({ preset: PRESET });
  using backend = await CudaBackend.open({ precision });
  using trainer = startTraining(backend, options);
  for (const phase of ["base", "refine"] as const) iterateOnRooms(trainer, options, phase, 0);
  return backend.diagnostics.planning;
}

for (const precision of PRECISIONS) {
  gpuTest(`planning on a GPU: ${PRESET} in ${precision}, few plans compiled, none chosen twice`, async () => {
    const first = await planningCost(precision);
    note(`planning ${precision}: seconds`, Number(first.seconds.toFixed(2)));
    for (const figure of ["problems", "built", "compiled", "measured"] as const) {
      note(`planning ${precision}: ${figure}`, first[figure]);
    }
    assert(first.compiled <= first.problems);
    assertEquals((await planningCost(precision)).problems, 0, "plans that were not found on disk");
  });
}
