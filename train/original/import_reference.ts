/** A checkpoint of the original program as a run of ours: evaluated, drawn and trained on like any other. */
import { UserError } from "../../base/errors.ts";
import { fromReference } from "../../data/reference_weights.ts";
import type { TensorData } from "../../data/formats/safetensors.ts";
import { ROOMS } from "../../data/rooms/mod.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import type { ModelConfig } from "../../nn/models/config.ts";
import { NETWORK_NAMES } from "../../nn/models/networks.ts";
import { sameShape, type Shape, shapeText } from "../../nn/shape.ts";
import { calibrateOn } from "../calibration.ts";
import { writeCheckpoint } from "../../run/checkpoint.ts";
import type { TrainOptions } from "../../run/config.ts";
import { newTrainer } from "../loop.ts";
import { resolveOptions } from "../../run/options.ts";
import { PRESETS } from "../../run/presets.ts";
import { type ImportedAdam, readAdam } from "./reference_adam.ts";
import {
  GLOBAL_STEP,
  REFERENCE_OPTIMIZERS,
  referenceNetworks,
  SCENE_ORIENTATION,
  unreadVariables,
} from "./reference_layout.ts";
import { sizesOf } from "./reference_sizes.ts";
import { openReference, type ReferenceSource } from "./reference_source.ts";
import { cellsOf, floats, freshStatistics } from "./reference_state.ts";
import { createRunFolder, runFolder } from "../../run/run_folder.ts";
import { positionOf } from "../schedule.ts";
import { hasRefiner, REFINER_STEPS, restoreNetworks } from "../../run/network_state.ts";
import { captureState } from "../state.ts";
import { TrainingData } from "../training_data.ts";

/** What to import, and what cannot be read from it. */
export interface ImportOptions {
  /** Prefix of a V2 checkpoint, file of a V1 one, or `.safetensors` file. */
  readonly path: string;
  /** Run folder to make. */
  readonly out: string;
  /** Voxels of a scene; needed unless the latent code has the paper's 75 cells. */
  readonly grid?: readonly [number, number, number];
  /** Iterations of the base stage; known from Adam's steps if they were saved, else the paper's. */
  readonly iterations?: number;
  /** Scenes that the run goes on with: a file or folder, or "rooms". */
  readonly data?: string;
  /** Scenes per batch. */
  readonly batch?: number;
  /** Computes running statistics of batch norm on {@link data} with this engine; without it the run has none. */
  readonly calibration?: { readonly backend: Backend; readonly batches: number };
}

/** What was imported. */
export interface ImportResult {
  readonly root: string;
  readonly description: string;
  readonly options: TrainOptions;
  readonly step: number;
  readonly phase: string;
  /** Variables that nothing was made of, by name. */
  readonly extra: readonly string[];
  /** Adam states that were read. */
  readonly adam: readonly string[];
  /** Adam states that are there in part and were left out. */
  readonly problems: readonly string[];
}

/**
 * Makes a run folder of a checkpoint.
 * @throws {UserError} naming every missing and misshapen variable, or what else is wrong; no folder is left then.
 */
export async function importReference(options: ImportOptions): Promise<ImportResult> {
  using source = await openReference(options.path);
  const config = configOf(source, options);
  const step = source.shapes.has(GLOBAL_STEP) ? await source.wholeNumber(GLOBAL_STEP) : 0;
  const base = Math.min(step, options.iterations ?? PRESETS.full.iterations);
  const adam = await readAdam(
    source,
    config,
    ({ stage, stepsAnIteration }) => (stage === "base" ? base : step - base) * stepsAnIteration,
  );
  const runOptions = runOptionsOf(options, config, step, adam, !source.scenesReversed);
  const { phase, iteration } = step === 0
    ? { phase: "base" as const, iteration: -1 }
    : positionOf(step - 1, runOptions);
  const tensors = await readState(source, config, adam);
  if (phase === "refine") markRefiner(tensors, config);
  using folder = await createRunFolder(runOptions);
  try {
    await using data = await TrainingData.open(runOptions, folder, false);
    if (options.calibration) {
      const { backend, batches } = options.calibration;
      using trainer = newTrainer(backend, runOptions);
      restoreNetworks(trainer.networks, tensors, options.path);
      await calibrateOn(trainer, data, batches);
      for (const [name, tensor] of captureState(trainer)) tensors.set(name, tensor);
    }
    const checkpoint = { step, phase, iteration: iteration + 1, options: runOptions, tensors };
    await writeCheckpoint(runFolder(folder.root).checkpoints, checkpoint);
  } catch (error) {
    await Deno.remove(folder.root, { recursive: true });
    throw error;
  }
  return {
    root: folder.root,
    description: source.description,
    options: runOptions,
    step,
    phase,
    extra: extraVariables(source, config),
    adam: [...adam.steps].map(([name, steps]) => `${name} (${steps} steps)`),
    problems: adam.problems,
  };
}

/** The sizes of the networks. @throws {UserError} naming every variable that is missing or misshapen. */
function configOf(source: ReferenceSource, { path, grid }: ImportOptions): ModelConfig {
  const config = sizesOf(source.shapes, grid, path);
  const tensors = NETWORK_NAMES.flatMap((network) => referenceNetworks(config)[network].tensors);
  const missing = tensors.filter(({ name }) => !source.shapes.has(name)).map(({ name }) => name);
  const misshapen = tensors.flatMap(({ name, shape }) => {
    const found = source.shapes.get(name);
    return !found || sameShape(found, shape) ? [] : [`${name} is ${shapeText(found)}, expected ${shapeText(shape)}`];
  });
  if (missing.length + misshapen.length === 0) return config;
  const parts = [
    ...missing.length ? [`missing: ${missing.join(", ")}`] : [],
    ...misshapen.length ? [`misshapen: ${misshapen.join("; ")}`] : [],
  ];
  throw new UserError(`${path} is no complete checkpoint of these networks; ${parts.join(". ")}`);
}

/** Adam's steps tell how long both stages were, if they were saved and agree with the number of iterations. */
function runOptionsOf(
  options: ImportOptions,
  config: ModelConfig,
  step: number,
  adam: ImportedAdam,
  mirrored: boolean,
): TrainOptions {
  const { grid, channels, latentChannels, codeUnits, refinerChannels } = config;
  const base = adam.steps.get("codeDiscriminator"), refine = adam.steps.get("refiner") ?? 0;
  const told = base !== undefined && base + refine === step && refine > 0 ? base : undefined;
  const iterations = options.iterations ?? told ?? PRESETS.full.iterations;
  return resolveOptions([{
    source: options.path,
    values: {
      preset: "full",
      ...{ grid, channels, latentChannels, codeUnits, refinerChannels, iterations },
      refineIterations: Math.max(PRESETS.full.refineIterations, step - iterations),
      priorIterations: 0, // the original program draws codes from N(0, 1)
      ...options.batch === undefined ? {} : { batch: options.batch, refineBatch: options.batch },
      bn: options.calibration ? "running" : "batch",
      mirrored,
      data: options.data ?? ROOMS,
      out: options.out,
    },
  }]);
}

async function readState(
  source: ReferenceSource,
  config: ModelConfig,
  adam: ImportedAdam,
): Promise<Map<string, TensorData>> {
  const networks = referenceNetworks(config), cells = cellsOf(config);
  const state = new Map<string, TensorData>();
  for (const tensor of NETWORK_NAMES.flatMap((network) => networks[network].tensors)) {
    const values = fromReference(tensor, await source.floats(tensor.name), tensor.shape, cells);
    state.set(`${tensor.network}.${tensor.parameter}`, floats(tensor.ourShape, values));
  }
  for (const [name, tensor] of [...freshStatistics(networks), ...adam.tensors]) state.set(name, tensor);
  return state;
}

/** Runs whose refiner was trained have an Adam state of it; without slots it is a fresh one. */
function markRefiner(state: Map<string, TensorData>, config: ModelConfig): void {
  if (hasRefiner(state)) return;
  const shape: Shape = [referenceNetworks(config).refiner.size];
  state.set("adam.refiner.m", floats(shape));
  state.set("adam.refiner.v", floats(shape));
  state.set(REFINER_STEPS, { dtype: "I32", shape: [], data: Int32Array.of(0) });
}

/** Variables that are neither read nor known to be of no use. */
function extraVariables({ shapes }: ReferenceSource, config: ModelConfig): string[] {
  const networks = referenceNetworks(config);
  const known = new Set([
    GLOBAL_STEP,
    SCENE_ORIENTATION.variable,
    ...unreadVariables(config).map(({ name }) => name),
    ...NETWORK_NAMES.flatMap((network) => networks[network].tensors.map(({ name }) => name)),
    ...REFERENCE_OPTIMIZERS.flatMap(({ network, m, v, powers }) => [
      ...networks[network].tensors.flatMap(({ name }) => [`${name}/${m}`, `${name}/${v}`]),
      `beta1_power${powers}`,
      `beta2_power${powers}`,
    ]),
  ]);
  return [...shapes.keys()].filter((name) => !known.has(name));
}
