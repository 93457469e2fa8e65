/** Small trainings on a GPU, step by step, for comparisons. */
import { makeRoom } from "../../../../../data/rooms/mod.ts";
import type { Backend } from "../../../../../nn/backend/backend.ts";
import { Tensor } from "../../../../../nn/tensor.ts";
import type { TrainOptions } from "../../../../../run/config.ts";
import { newTrainer } from "../../../../../train/loop.ts";
import { resolveOptions } from "../../../../../run/options.ts";
import type { PhaseName } from "../../../../../train/schedule.ts";
import type { Trainer } from "../../../../../train/trainer.ts";

/** The options of a preset with some of them changed; the device stays to the caller. */
export function presetOptions(values: Readonly<Record<string, unknown>>): TrainOptions {
  return resolveOptions([{ source: "test", values: { device: "cpu", ...values } }]);
}

/** A trainer with new weights. */
export function startTraining(backend: Backend, options: TrainOptions): Trainer {
  const trainer = newTrainer(backend, options);
  trainer.networks.initialize(options.seed);
  return trainer;
}

/** Iteration `iteration` of a phase on rooms of its own; `read` waits for its losses. */
export function iterateOnRooms(trainer: Trainer, options: TrainOptions, phase: PhaseName, iteration: number): void {
  const batch = phase === "base" ? options.batch : options.refineBatch;
  const voxels = options.grid.reduce((product, size) => product * size, 1), scenes = new Uint8Array(batch * voxels);
  for (let i = 0; i < batch; i++) {
    scenes.set(makeRoom(options.grid, options.seed, iteration * batch + i), i * voxels);
  }
  using labels = Tensor.from(trainer.backend, scenes, [batch, ...options.grid], "labels");
  using z = trainer.drawLatent(batch, options.seed, iteration);
  trainer.iterate(phase, labels, z);
}

/** Every weight of every network, by the network's name. */
export function weightsOf(trainer: Trainer): [network: string, values: Float32Array][] {
  return trainer.networks.parameterSets.map(({ network, values }) => [network, values.toFloat32()]);
}
