/** The options of a run as a type; `config.ts` has the schema that checks and documents them for the command line. */
import type { ClassEntry } from "../data/class_file.ts";
import type { Augmentation } from "../data/scenes/augment.ts";
import type { CpuEngineName } from "../nn/backend/cpu/native/choice.ts";
import type { Precision } from "../nn/backend/precision.ts";
import type { DeviceName } from "../nn/backend/device_name.ts";
import type { GeneratorName } from "../nn/models/config.ts";
import type { SystemName } from "../nn/models/systems.ts";
import type { NormStatistics } from "../nn/tape.ts";

export type { DeviceName };

/** Name of a preset (presets.ts). */
export type PresetName = "tiny" | "small" | "full";

/** Every option of a run with its value; `preset` and `device` are what "auto" came to. */
export interface TrainOptions {
  /** Set of sizes that the run started from; other options may differ from it. */
  readonly preset: PresetName;
  /** System of the paper's charts: which networks there are, what codes are like, how they are trained. */
  readonly model: SystemName;
  /** First layer of the generator: the paper's dense one, or a convolution from cell to cell. */
  readonly generator: GeneratorName;

  /** Voxels of a scene along depth, height (up) and width, each a multiple of 16. */
  readonly grid: [depth: number, height: number, width: number];
  /** What the labels stand for, the first for empty space; the published twelve if left out. */
  readonly classes?: readonly ClassEntry[];
  /** Channels of the four strided layers of encoder and discriminator, fine to coarse; of the generator in reverse. */
  readonly channels: [number, number, number, number];
  /** Channels of a cell of the latent code; a cell stands for 16³ voxels. */
  readonly latentChannels: number;
  /** Units of the code discriminator's two hidden layers. */
  readonly codeUnits: number;
  /** Channels inside the refiner. */
  readonly refinerChannels: number;

  /** Iterations of the base stage; 0 leaves it out. */
  readonly iterations: number;
  /** Iterations of the refine stage, which follows; 0 leaves it out. */
  readonly refineIterations: number;
  /** Iterations of the stage that follows, which trains a prior over codes; 0 leaves it out. */
  readonly priorIterations: number;
  /** Scenes per iteration of the base stage. */
  readonly batch: number;
  /** Scenes per iteration of the refine stage. */
  readonly refineBatch: number;
  /** Codes per iteration of the prior. */
  readonly priorBatch: number;
  /** Adam's step size. */
  readonly learningRate: number;
  /** Adam's step size for the prior, at its highest. */
  readonly priorLearningRate: number;
  /** Share of each stage, at its end, over which the step size falls to 0 in a line; 0 keeps it. */
  readonly cooldown: number;
  /** Adam's decay of the mean gradient. */
  readonly beta1: number;
  /** Adam's decay of the mean squared gradient. */
  readonly beta2: number;
  /** γ: weight of a voxel's true class in the reconstruction loss, against 1 − γ for the others. */
  readonly gamma: number;
  /** λ: factor of the reconstruction loss against the adversarial ones. */
  readonly lambda: number;
  /** Statistics that batch norm uses outside training: those kept while training, or the batch's own. */
  readonly bn: NormStatistics;
  /** Number format of the computation. */
  readonly precision: Precision;
  /** Whether the refiner computes inner activations again instead of keeping them; "auto": if it does not fit else. */
  readonly recompute: "auto" | "on" | "off";
  /** Whether an NVIDIA GPU gets iterations as CUDA graphs, where one process trains and nobody looks for NaN. */
  readonly cudaGraphs: "on" | "off";
  /** Whether a GPU may use only engines whose results repeat bit by bit; the CPU engine's always do. */
  readonly deterministic: boolean;
  /** Start of every random sequence, uint32: weights, order of scenes, latent samples, rooms. */
  readonly seed: number;

  /** File or folder with scenes, or "rooms" or "homes" for procedural ones. */
  readonly data: string;
  /** Labels in `data` that mean "not known", besides 255, or what they become (data/unknown_labels.ts). */
  readonly unknown?: string;
  /**
   * Whether the networks see scenes with all three axes reversed, and rooms are reversed back on their way out: so the
   * weights of the original program want it (docs/weights.md).
   */
  readonly mirrored: boolean;
  /** How many rooms to generate; without effect on other data. */
  readonly scenes: number;
  /** How training scenes are varied (data/scenes/augment.ts); not at all if empty. */
  readonly augment: readonly Augmentation[];
  /** Threads that read scenes while the engine computes; 0 reads on the main thread. Left to the program if undefined. */
  readonly loaderThreads?: number;

  /** Run folder to make; `runs/<time>-<preset>` if left out. Not saved with the run. */
  readonly out?: string;
  /** Run folder to go on with. Not saved with the run. */
  readonly resume?: string;
  /** Checkpoint to go on from, by its step; the newest if left out. Not saved with the run. */
  readonly resumeStep?: number;
  /** Iterations between rows of statistics. */
  readonly tick: number;
  /** Iterations between checkpoints, each with a picture of samples. */
  readonly snapshot: number;
  /** How many of the newest checkpoints are kept. */
  readonly keep: number;

  /** Engine that computes. */
  readonly device: DeviceName;
  /** Code of the CPU engine: machine code ("native"), WebAssembly, or "auto" for machine code where it runs. */
  readonly cpuEngine: CpuEngineName;
  /** Threads of the CPU engine; 0 for one per core. Results do not depend on it. */
  readonly threads: number;
  /** Most memory that the engine may take, such as "12GiB" or "800MB". */
  readonly memoryLimit: string;
}

/** Name of an option. */
export type OptionName = keyof TrainOptions;
