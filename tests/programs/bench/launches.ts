/** What an iteration asks of the CUDA libraries, counted by the emulated device. */
import { makeRoom } from "../../../data/rooms/mod.ts";
import { CudaBackend } from "../../../nn/backend/cuda/cuda_backend.ts";
import type { Precision } from "../../../nn/backend/precision.ts";
import { Tensor } from "../../../nn/tensor.ts";
import { newTrainer } from "../../../train/loop.ts";
import { resolveOptions } from "../../../run/options.ts";
import { PRESETS } from "../../../run/presets.ts";
import type { PhaseName } from "../../../train/schedule.ts";

/** Functions that put work into a stream, and those that wait for it or take memory. */
export const COUNTED_FUNCTIONS = [
  ...["cuLaunchKernel", "cudnnBackendExecute", "cublasGemmEx", "cudaGraphLaunch", "cudaMemcpyAsync", "cudaMemsetAsync"],
  ...["cudaStreamSynchronize", "cudaEventSynchronize", "cudaDeviceSynchronize", "cudaMalloc", "cudaFree"],
] as const;

/** Channels as those of the paper, which are multiples of 8, and its first layer of the generator. */
const AS_IN_THE_PAPER = { channels: [8, 8, 8, 8], refinerChannels: 8, generator: PRESETS.full.generator };

/** Calls of each function in one iteration. */
export type FunctionCalls = Readonly<Record<typeof COUNTED_FUNCTIONS[number], number>>;

/**
 * Counts the fourth iteration of a phase: the third makes the graph, if `graphs` are wanted. `callsOf` tells how often a
 * function was called so far: the emulated device's own count. Layers are those of the full preset; sizes do not matter,
 * as long as rows of bfloat16 are whole: every call works on a whole batch, unless a batch is cut to save workspace.
 */
export async function countLaunches(
  precision: Precision,
  phase: PhaseName,
  preset: string,
  graphs: boolean,
  callsOf: (functionName: string) => number,
): Promise<FunctionCalls> {
  const values = { preset, ...AS_IN_THE_PAPER, device: "cpu", precision };
  const options = resolveOptions([{ source: "bench", values }]);
  const batch = phase === "base" ? options.batch : options.refineBatch;
  using backend = await CudaBackend.open({ precision, deterministic: true, graphs, cacheFolder: null });
  using trainer = newTrainer(backend, options);
  trainer.networks.initialize(0);
  const voxels = options.grid.reduce((product, size) => product * size, 1), scenes = new Uint8Array(batch * voxels);
  for (let i = 0; i < batch; i++) scenes.set(makeRoom(options.grid, 0, i), i * voxels);
  const iterate = (iteration: number) => {
    using labels = Tensor.from(backend, scenes, [batch, ...options.grid], "labels");
    using z = trainer.drawLatent(batch, 0, iteration);
    trainer.iterate(phase, labels, z);
  };
  for (const iteration of [0, 1, 2]) iterate(iteration);
  const before = COUNTED_FUNCTIONS.map(callsOf);
  iterate(3);
  return Object.fromEntries(COUNTED_FUNCTIONS.map((name, i) => [name, callsOf(name) - before[i]])) as FunctionCalls;
}
