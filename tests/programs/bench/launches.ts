/** What an iteration asks of the CUDA libraries, counted by the emulated device. */
import { makeRoom } from "../../../data/rooms/mod.ts";
import { CudaBackend } from "../../../nn/backend/cuda/cuda_backend.ts";
import type { Precision } from "../../../nn/backend/precision.ts";
import { Tensor } from "../../../nn/tensor.ts";
import { newTrainer } from "../../../train/loop.ts";
import { resolveOptions } from "../../../run/options.ts";
import type { PhaseName } from "../../../train/schedule.ts";

/** Functions that put work into a stream, and those that wait for it or take memory. */
export const COUNTED_FUNCTIONS = [
  ...["cuLaunchKernel", "cudnnBackendExecute", "cublasGemmEx", "cudaMemcpyAsync", "cudaMemsetAsync"],
  ...["cudaStreamSynchronize", "cudaEventSynchronize", "cudaDeviceSynchronize", "cudaMalloc", "cudaFree"],
] as const;

/** Channels as those of the paper, which are multiples of 8, and its first layer of the generator. */
const AS_IN_THE_PAPER = { channels: [8, 8, 8, 8], refinerChannels: 8, generator: "dense" };

/** Calls of each function in one iteration. */
export type FunctionCalls = Readonly<Record<typeof COUNTED_FUNCTIONS[number], number>>;

/**
 * Counts the third iteration of a phase. `callsOf` tells how often a function was called so far: the emulated device's
 * own count. Sizes do not matter, as long as rows of bfloat16 are whole: every call works on a whole batch, unless a
 * batch is cut to save workspace.
 */
export async function countLaunches(
  precision: Precision,
  phase: PhaseName,
  preset: string,
  callsOf: (functionName: string) => number,
): Promise<FunctionCalls> {
  const options = resolveOptions([{
    source: "bench",
    values: { preset, ...AS_IN_THE_PAPER, device: "cpu", precision },
  }]);
  const batch = phase === "base" ? options.batch : options.refineBatch;
  using backend = await CudaBackend.open({ precision, deterministic: true, cacheFolder: null });
  using trainer = newTrainer(backend, options);
  trainer.networks.initialize(0);
  const voxels = options.grid.reduce((product, size) => product * size, 1), scenes = new Uint8Array(batch * voxels);
  for (let i = 0; i < batch; i++) scenes.set(makeRoom(options.grid, 0, i), i * voxels);
  const iterate = (iteration: number) => {
    using labels = Tensor.from(backend, scenes, [batch, ...options.grid], "labels");
    using z = trainer.drawLatent(batch, 0, iteration);
    trainer.iterate(phase, labels, z);
  };
  iterate(0);
  iterate(1);
  const before = COUNTED_FUNCTIONS.map(callsOf);
  iterate(2);
  return Object.fromEntries(COUNTED_FUNCTIONS.map((name, i) => [name, callsOf(name) - before[i]])) as FunctionCalls;
}
