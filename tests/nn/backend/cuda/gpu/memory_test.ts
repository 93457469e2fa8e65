/** On a GPU: the paper's training fits into a card of 12 GiB, as the driver counts. */
import { assert, assertEquals } from "@std/assert";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { openDevice } from "../../../../../nn/backend/cuda/device.ts";
import { type Precision, PRECISIONS } from "../../../../../nn/backend/precision.ts";
import { gpuTest, note, sized } from "./gpu.ts";
import { iterateOnRooms, presetOptions, startTraining } from "./training.ts";

const CARD_BYTES = 12 * 2 ** 30;
/** Left to the libraries' code, which the driver loads with the first launch of each kernel. */
const RESERVE_BYTES = 2 ** 30;
const ITERATIONS = 3;

const PRESET = sized({ gpu: "full", emulated: "tiny" });
/** The paper's batches in every precision; in bfloat16 the refine stage fits with those of the base stage too. */
const RUNS: readonly { readonly precision: Precision; readonly values: Readonly<Record<string, unknown>> }[] = sized({
  gpu: [
    ...PRECISIONS.map((precision) => ({ precision, values: {} })),
    { precision: "bf16", values: { refineBatch: 20 } },
  ],
  emulated: [{ precision: "fp32", values: {} }, { precision: "bf16", values: { refineBatch: 4 } }],
});

for (const { precision, values } of RUNS) {
  const options = presetOptions({ preset: PRESET, ...values }), batches = `${options.batch} and ${options.refineBatch}`;
  gpuTest(
    `memory on a GPU: ${PRESET} in ${precision}, batches of ${batches}, at most 12 GiB for the driver`,
    async () => {
      const { runtime } = openDevice(0).libraries;
      const used = () => runtime.memoryInfo().totalBytes - runtime.memoryInfo().freeBytes;
      // The context of this process, and whatever else runs on the GPU: as much would be gone on a card of 12 GiB.
      const before = used(), memoryLimitBytes = CARD_BYTES - RESERVE_BYTES - before;
      using backend = await CudaBackend.open({ precision, memoryLimitBytes });
      using trainer = startTraining(backend, options);
      for (const phase of ["base", "refine"] as const) {
        let most = 0, allocations = 0;
        for (let iteration = 0; iteration < ITERATIONS; iteration++) {
          if (iteration === ITERATIONS - 1) allocations = backend.diagnostics.allocations;
          iterateOnRooms(trainer, options, phase, iteration);
          trainer.readLosses();
          most = Math.max(most, used());
        }
        assertEquals(backend.diagnostics.allocations, allocations, "memory asked for after the second iteration");
        assert(most <= CARD_BYTES, `${phase}: ${most} bytes in use on the GPU`);
        const gibibytes = (bytes: number) => Number((bytes / 2 ** 30).toFixed(3));
        note(`memory ${precision} ${phase} ${batches}: GiB in use on the GPU`, gibibytes(most));
        note(`memory ${precision} ${phase} ${batches}: GiB before the engine was opened`, gibibytes(before));
        note(`memory ${precision} ${phase} ${batches}: GiB at the engine's peak`, gibibytes(backend.memory.peakBytes));
      }
    },
  );
}
