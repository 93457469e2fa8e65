/** Pictures of how far a run has come. */
import { mirrorVolumes } from "../data/reference_weights.ts";
import { decode, encode, inferenceTape } from "../nn/models/inference.ts";
import { argmax } from "../nn/ops/one_hot.ts";
import { Tensor } from "../nn/tensor.ts";
import type { TrainOptions } from "../run/config.ts";
import type { Trainer } from "./trainer.ts";
import type { TrainingData } from "./training_data.ts";

/** Scenes in the picture of samples. */
const SAMPLE_COUNT = 4;

/** Reconstructions of held-out scenes: labels `[count, D, H, W]` of each stage. */
export interface Samples {
  /** Iterations that the weights were trained for. */
  readonly step: number;
  /** Voxels D, H, W of each scene. */
  readonly grid: TrainOptions["grid"];
  /** The scenes themselves, held out where the data allow it. */
  readonly real: readonly Uint8Array[];
  /** As the generator gives them back from their codes. */
  readonly recons: readonly Uint8Array[];
  /** After the refiner; null while the refiner is untrained. */
  readonly refined: readonly Uint8Array[] | null;
}

/** Reconstructs a few held-out scenes with the weights of the moment. */
export async function reconstructSamples(
  trainer: Trainer,
  data: TrainingData,
  step: number,
  options: TrainOptions,
): Promise<Samples> {
  const real = await data.samples(SAMPLE_COUNT), voxels = real[0].length;
  const refines = step > options.iterations;
  const all = new Uint8Array(real.length * voxels);
  real.forEach((scene, index) => all.set(scene, index * voxels));
  const oriented = (scenes: Uint8Array) => options.mirrored ? mirrorVolumes(scenes, voxels, 1) : scenes;
  using labels = Tensor.from(trainer.backend, oriented(all), [real.length, ...options.grid], "labels");
  using tape = inferenceTape(trainer.networks, options.bn);
  const { probabilities, refined } = decode(tape, trainer.networks, encode(tape, trainer.networks, labels), refines);
  const scenes = (volume: Tensor) => {
    const predicted = oriented(argmax(tape, volume).toUint8());
    return real.map((_, index) => predicted.slice(index * voxels, (index + 1) * voxels));
  };
  return { step, grid: options.grid, real, recons: scenes(probabilities), refined: refined && scenes(refined) };
}
