/** On a GPU: iterations that are launched as CUDA graphs give the bits of those that are launched call by call. */
import { assertEquals } from "@std/assert";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { type Precision, PRECISIONS } from "../../../../../nn/backend/precision.ts";
import { gpuTest, note, sized } from "./gpu.ts";
import { iterateOnRooms, presetOptions, startTraining, weightsOf } from "./training.ts";

interface Training {
  readonly preset: string;
  readonly precision: Precision;
  /** Of each stage. */
  readonly iterations: number;
}

const RUNS: readonly Training[] = sized({
  gpu: PRECISIONS.map((precision) => ({ preset: "small", precision, iterations: 20 })),
  emulated: [
    { preset: "tiny", precision: "fp32", iterations: 10 },
    { preset: "tiny", precision: "bf16", iterations: 4 },
  ],
});

for (const run of RUNS) {
  gpuTest(
    `CUDA graphs: ${run.iterations} iterations of each stage of ${run.preset} in ${run.precision}, bit by bit`,
    async () => {
      const graphs = await trained(run, true);
      // The first is launched as it comes, the second on the memory that all later ones have, the third is captured.
      const expected = Array.from({ length: run.iterations }, (_, iteration) => iteration < 2 ? 0 : 1);
      assertEquals(graphs.launches, [...expected, ...expected]);
      assertEquals(graphs.result, (await trained(run, false)).result);
      note(`graphs ${run.precision}: launches of an iteration`, graphs.launches.at(-1)!);
    },
  );
}

/** Losses of every iteration and the weights at the end; how many graphs each iteration launched. */
async function trained({ preset, precision, iterations }: Training, graphs: boolean) {
  const options = presetOptions({ preset }), losses: unknown[] = [], launches: number[] = [];
  using backend = await CudaBackend.open({ precision, deterministic: true, graphs, cacheFolder: null });
  using trainer = startTraining(backend, options);
  for (const phase of ["base", "refine"] as const) {
    for (let iteration = 0; iteration < iterations; iteration++) {
      const before = backend.diagnostics.graphLaunches;
      iterateOnRooms(trainer, options, phase, iteration);
      launches.push(backend.diagnostics.graphLaunches - before);
      losses.push(trainer.readLosses());
    }
  }
  return { launches, result: { losses, weights: weightsOf(trainer) } };
}
