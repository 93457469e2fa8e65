/** Sets of option values that go together. What a preset does not name keeps the default, which is the paper's. */
import type { PresetName, TrainOptions } from "./train_options.ts";

/** Values that a preset sets: sizes of the networks and how long they are trained. */
export type Preset = Readonly<
  Pick<
    TrainOptions,
    | ("generator" | "grid" | "channels" | "latentChannels" | "codeUnits" | "refinerChannels")
    | ("iterations" | "refineIterations" | "batch" | "refineBatch" | "learningRate" | "cooldown")
    | ("priorIterations" | "priorBatch" | "priorLearningRate")
    | ("scenes" | "tick" | "snapshot")
  >
>;

/** The presets: `tiny` is for tests, `small` for a processor without a GPU, `full` is the paper. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  tiny: {
    generator: "conv",
    grid: [16, 16, 16],
    channels: [4, 8, 8, 8],
    latentChannels: 4,
    codeUnits: 16,
    refinerChannels: 4,
    iterations: 4,
    refineIterations: 2,
    batch: 2,
    refineBatch: 2,
    learningRate: 1e-4,
    cooldown: 0.4,
    priorIterations: 2,
    priorBatch: 4,
    priorLearningRate: 2e-3,
    scenes: 8,
    tick: 1,
    snapshot: 2,
  },
  small: {
    generator: "conv",
    grid: [32, 16, 32],
    channels: [16, 32, 64, 128],
    latentChannels: 16,
    codeUnits: 128,
    refinerChannels: 16,
    iterations: 2000,
    refineIterations: 0,
    batch: 8,
    refineBatch: 4,
    learningRate: 2e-3,
    cooldown: 0.4,
    priorIterations: 3000,
    priorBatch: 256,
    priorLearningRate: 2e-3,
    scenes: 16_384,
    tick: 50,
    snapshot: 500,
  },
  full: {
    generator: "dense",
    grid: [80, 48, 80],
    channels: [64, 128, 256, 512],
    latentChannels: 16,
    codeUnits: 750,
    refinerChannels: 32,
    iterations: 75_000,
    refineIterations: 25_000,
    batch: 20,
    refineBatch: 8,
    learningRate: 1e-4,
    cooldown: 0,
    priorIterations: 30_000,
    priorBatch: 256,
    priorLearningRate: 3e-4,
    scenes: 12_000,
    tick: 50,
    snapshot: 1000,
  },
};

/** Names of the presets that can be trained, small to large. */
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];
