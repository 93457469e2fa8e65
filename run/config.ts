/** Every option of a training run, in one schema: it checks values, makes the flags and documents them. */
import { z } from "zod";
import { AUGMENTATIONS } from "../data/scenes/augment.ts";
import { classListSchema, classSetOf } from "../data/class_file.ts";
import type { SceneOptions } from "../data/scenes/open.ts";
import { unknownSchema } from "../data/unknown_schema.ts";
import { CPU_ENGINES } from "../nn/backend/cpu/native/choice.ts";
import { PRECISIONS } from "../nn/backend/precision.ts";
import { DEVICE_NAMES, DEVICE_PATTERN } from "../nn/backend/device_name.ts";
import { GPU_LIMIT_BYTES } from "../nn/backend/memory.ts";
import type { EngineOptions } from "../nn/backend/open.ts";
import { GENERATOR_NAMES, type ModelConfig, PAPER_MODEL } from "../nn/models/config.ts";
import { SYSTEM_NAMES } from "../nn/models/systems.ts";
import { parseBytes } from "./byte_size.ts";
import { PRESET_NAMES, PRESETS } from "./presets.ts";
import type { OptionName, TrainOptions } from "./train_options.ts";

export type { DeviceName, OptionName, TrainOptions } from "./train_options.ts";

/** A coarse cell of the latent code spans this many voxels on each axis: four layers of stride 2. */
const VOXELS_PER_CELL = 16;

/** Bounds far above what can be trained, so that sizes in bytes remain exact and a slip of the hand gets an answer. */
/** Least scenes of a batch: batch norm needs two. */
export const LEAST_BATCH = 2;
const MOST = { axis: 512, channels: 1024, units: 65_536, batch: 4096, scenes: 1_000_000, threads: 512 } as const;

const whole = (least: number, most: number = Number.MAX_SAFE_INTEGER): z.ZodNumber =>
  z.number().int().min(least).max(most);

/** `"32x16x32"` or `"16-32-64-128"`, as flags have it, to numbers; lists of numbers (from JSON files) stay as they are. */
function listOf(value: unknown): unknown[] {
  const parts = Array.isArray(value) ? value : [value];
  return parts.flatMap((part) => typeof part === "string" ? part.split(/[x,-]/).map(Number) : [part]);
}

/** `"flip-x,rotate"`, as flags have it, to a list of names; lists (from JSON files) stay as they are. */
function namesOf(value: unknown): unknown[] {
  const parts = Array.isArray(value) ? value : [value];
  return parts.flatMap((part) => typeof part === "string" ? part.split(",").filter((name) => name !== "") : [part]);
}

const channelCount = whole(1, MOST.channels);
const gridAxis = whole(VOXELS_PER_CELL, MOST.axis).multipleOf(
  VOXELS_PER_CELL,
  `must be a multiple of ${VOXELS_PER_CELL}`,
);

/**
 * The options, one for each member of {@link TrainOptions}, which `resolveOptions` makes of it. Defaults are the
 * paper's, from which presets differ.
 * Lengths count voxels, everything else is named with its unit.
 */
export const OptionsSchema = z.strictObject(
  {
    preset: z.enum([...PRESET_NAMES, "auto"]).default("auto")
      .describe(
        "set of sizes to start from: full is the paper, small trains on a processor, tiny is for tests; auto takes full " +
          "on a GPU of 12 GB or more if it fits below the memory limit, else small",
      ),
    model: z.enum(SYSTEM_NAMES).default(SYSTEM_NAMES[0])
      .describe("system of the paper's charts: its own, or a variational auto-encoder with a code of that kind"),
    generator: z.enum(GENERATOR_NAMES).default(PRESETS.full.generator)
      .describe("first layer of the generator: dense is the paper's, conv keeps each cell of a code to its place"),

    grid: z.preprocess(listOf, z.tuple([gridAxis, gridAxis, gridAxis], "expected three sizes, e.g. 32x16x32")).default([
      ...PRESETS.full.grid,
    ])
      .describe("voxels of a scene, depth x height x width, each a multiple of 16"),
    classes: classListSchema.optional()
      .describe("JSON file with the classes of the scenes [classes.json beside them, else the published twelve]"),
    channels: z.preprocess(
      listOf,
      z.tuple([channelCount, channelCount, channelCount, channelCount], "expected four numbers, e.g. 16-32-64-128"),
    )
      .default([...PRESETS.full.channels])
      .describe("channels of the four strided layers from fine to coarse, e.g. 64-128-256-512"),
    latentChannels: channelCount.default(PRESETS.full.latentChannels).describe("channels of a cell of the latent code"),
    codeUnits: whole(1, MOST.units).default(PRESETS.full.codeUnits).describe(
      "units of the code discriminator's two hidden layers",
    ),
    refinerChannels: channelCount.default(PRESETS.full.refinerChannels).describe("channels inside the refiner"),

    iterations: whole(0).default(PRESETS.full.iterations).describe("iterations of the base stage"),
    refineIterations: whole(0).default(PRESETS.full.refineIterations).describe("iterations of the refine stage"),
    priorIterations: whole(0).default(PRESETS.full.priorIterations).describe(
      "iterations of the prior, which learns what codes of rooms are like",
    ),
    batch: whole(LEAST_BATCH, MOST.batch).default(PRESETS.full.batch).describe(
      "scenes per iteration of the base stage, of all ranks together, 2 or more",
    ),
    refineBatch: whole(LEAST_BATCH, MOST.batch).default(PRESETS.full.refineBatch).describe(
      "the same for the refine stage",
    ),
    priorBatch: whole(LEAST_BATCH, MOST.batch).default(PRESETS.full.priorBatch).describe(
      "codes per iteration of the prior",
    ),
    learningRate: z.number().positive().default(PRESETS.full.learningRate).describe("Adam's step size"),
    priorLearningRate: z.number().positive().default(PRESETS.full.priorLearningRate).describe(
      "Adam's step size for the prior, at its highest",
    ),
    cooldown: z.number().min(0).max(1).default(PRESETS.full.cooldown)
      .describe("share of each stage of the networks, at its end, over which the step size falls to 0"),
    beta1: z.number().min(0).lt(1).default(0.5).describe("Adam's decay of the mean gradient"),
    beta2: z.number().min(0).lt(1).default(0.9).describe("Adam's decay of the mean squared gradient"),
    gamma: z.number().gt(0).lt(1).default(0.97).describe("weight of occupied against unoccupied in the reconstruction"),
    lambda: z.number().min(0).default(1).describe("weight of the reconstruction loss against the adversarial ones"),
    bn: z.enum(["running", "batch"]).default("running")
      .describe("statistics that batch norm uses outside training; batch is the original program's way"),
    precision: z.enum(PRECISIONS).default("fp32")
      .describe("number format of convolutions and products; tf32 needs a GPU, bf16 one or a CPU with AVX512-BF16"),
    recompute: z.enum(["auto", "on", "off"]).default("auto").describe(
      "compute activations inside the refiner again instead of keeping them; auto does if the stage does not fit",
    ),
    cudaGraphs: z.enum(["on", "off"]).default("on").describe(
      "on an NVIDIA GPU, put each iteration into its queue as one CUDA graph; off launches call by call, with equal results",
    ),
    deterministic: z.boolean().default(false).describe("on a GPU, only engines whose results repeat bit by bit"),
    seed: whole(0, 0xffffffff).default(0).describe("start of every random sequence; equal seeds give equal runs"),

    data: z.string().min(1).default("rooms").describe(
      'file or folder with scenes, or "rooms" or "homes" for generated ones',
    ),
    unknown: unknownSchema.optional()
      .describe(
        'labels in --data that mean "not known" besides 255: 254; or what they become instead: "254,255 as empty"',
      ),
    mirrored: z.boolean().default(false)
      .describe("reverse all axes of scenes for the networks, as imported weights of the original program want it"),
    scenes: whole(1, MOST.scenes).default(PRESETS.full.scenes).describe(
      "how many rooms to generate; without effect on other data",
    ),
    augment: z.preprocess(namesOf, z.array(z.enum(AUGMENTATIONS))).default([])
      .describe(`vary training scenes: ${AUGMENTATIONS.join(",")}, or some of them`),
    loaderThreads: whole(0, MOST.threads).optional()
      .describe("threads that read scenes ahead [4 beside a GPU; on the processor 1 if they do not fit into memory]"),

    out: z.string().min(1).optional().describe("run folder to make, by default runs/<time>-<preset>"),
    resume: z.string().min(1).optional().describe("run folder to go on with; its options hold unless given again"),
    resumeStep: whole(0).optional().describe("with --resume, the checkpoint to go on from [the newest]"),
    tick: whole(1).default(PRESETS.full.tick).describe("iterations between lines of status and statistics"),
    snapshot: whole(1).default(PRESETS.full.snapshot).describe("iterations between checkpoints and sample pictures"),
    keep: whole(1).default(3).describe("how many of the newest checkpoints to keep"),

    device: z.string().regex(DEVICE_PATTERN, `expected ${DEVICE_NAMES}`).default("auto")
      .describe(`engine that computes: ${DEVICE_NAMES}; auto takes the best there is`),
    cpuEngine: z.enum(CPU_ENGINES).default("auto")
      .describe("code of the cpu engine: native for machine code, wasm for WebAssembly; auto takes native if it runs"),
    threads: whole(0, MOST.threads).default(0).describe("threads of the cpu engine, 0 for one per core"),
    memoryLimit: z.string().refine((text) => parseBytes(text) !== null, "expected a size such as 12GiB or 800MB")
      .default(`${GPU_LIMIT_BYTES / 2 ** 30}GiB`).describe("most memory that the engine may take"),
  } satisfies Record<OptionName, z.ZodType>,
);

/** Options that give the saved networks their sizes and random sequences: a resumed run cannot have others. */
export const FIXED_OPTIONS = [
  "preset",
  "model",
  "generator",
  "grid",
  "classes",
  "channels",
  "latentChannels",
  "codeUnits",
  "refinerChannels",
  "mirrored",
  "seed",
] as const satisfies readonly OptionName[];

/** Options about one call of the command and not about the run; `options.json` leaves them out. */
export const CALL_OPTIONS = ["out", "resume", "resumeStep"] as const satisfies readonly OptionName[];

/** Sizes of the networks that the options describe; what is no option is as published. */
export function modelOf(options: TrainOptions): ModelConfig {
  const { model: system, generator, grid, channels, latentChannels, codeUnits, refinerChannels } = options;
  const classes = options.classes?.length ?? PAPER_MODEL.classes;
  const sizes = { grid, classes, channels, latentChannels, codeUnits, refinerChannels };
  return { ...PAPER_MODEL, system, generator, ...sizes };
}

/** The option `memoryLimit` in bytes. */
export function memoryLimitBytes(options: TrainOptions): number {
  return parseBytes(options.memoryLimit) ?? Infinity;
}

/** What the options say about the engine. */
export function engineOptions(options: TrainOptions): EngineOptions {
  const { threads, cpuEngine, precision, deterministic } = options, cudaGraphs = options.cudaGraphs === "on";
  return { threads, cpuEngine, precision, deterministic, cudaGraphs, memoryLimitBytes: memoryLimitBytes(options) };
}

/** What the options say about reading scenes. */
export function sceneOptions({ classes, unknown }: TrainOptions): SceneOptions {
  return { classes: classSetOf(classes), unknownLabels: unknown };
}
