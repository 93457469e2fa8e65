/** On a GPU: two trainings with --deterministic give the same bits. */
import { assertEquals } from "@std/assert";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { type Precision, PRECISIONS } from "../../../../../nn/backend/precision.ts";
import { gpuTest, sized } from "./gpu.ts";
import { iterateOnRooms, presetOptions, startTraining, weightsOf } from "./training.ts";

/** Networks of the paper's size on a GPU: its layers choose other engines than small ones. */
const RUNS = sized({
  gpu: [
    { preset: "small", iterations: 20, values: {} },
    { preset: "full", iterations: 2, values: { batch: 4, refineBatch: 2 } },
  ],
  emulated: [{ preset: "tiny", iterations: 1, values: {} }],
});

for (const { preset, iterations, values } of RUNS) {
  for (const precision of PRECISIONS) {
    gpuTest(
      `--deterministic on a GPU: two ${preset} runs of ${iterations} iterations in ${precision}, bit by bit`,
      async () => {
        const first = await run(precision, preset, iterations, values);
        const second = await run(precision, preset, iterations, values);
        assertEquals(second, first);
      },
    );
  }
}

/** Losses of every iteration and digests of the weights at the end. */
async function run(
  precision: Precision,
  preset: string,
  iterations: number,
  values: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const options = presetOptions({ preset, ...values });
  using backend = await CudaBackend.open({ precision, deterministic: true, cacheFolder: null });
  using trainer = startTraining(backend, options);
  const losses: Record<string, number>[] = [];
  for (const phase of ["base", "refine"] as const) {
    for (let iteration = 0; iteration < iterations; iteration++) {
      iterateOnRooms(trainer, options, phase, iteration);
      losses.push(trainer.readLosses());
    }
  }
  const digests = await Promise.all(
    weightsOf(trainer).map(async ([name, weights]) => {
      const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength).slice();
      return [name, new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()] as const;
    }),
  );
  return { losses, digests };
}
