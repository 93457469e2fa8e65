/** The training loop: a prepared run on an engine, to its end or until it is told to stop. */
import { join } from "@std/path";
import { UserError } from "../base/errors.ts";
import { writeFileAtomic } from "../base/files.ts";
import { mirrorVolumes } from "../data/reference_weights.ts";
import { decode, encode, inferenceTape } from "../nn/models/inference.ts";
import { argmax } from "../nn/ops/one_hot.ts";
import type { Backend } from "../nn/backend/backend.ts";
import { plannedWorkspace } from "../nn/backend/open.ts";
import { gradientNorm } from "../nn/optim/gradient_norm.ts";
import { Tensor } from "../nn/tensor.ts";
import { calibrateOn, CALIBRATION_BATCHES } from "./calibration.ts";
import { type Checkpoint, pruneCheckpoints, writeCheckpoint } from "./checkpoint.ts";
import { codeStatistics } from "./code_statistics.ts";
import { modelOf, trainerOptions, type TrainOptions } from "./config.ts";
import { EventFile, type ImageSummary } from "./event_file.ts";
import { LossSpikes } from "./loss_spikes.ts";
import { recomputes } from "./memory_plan.ts";
import type { PhaseName } from "./phases.ts";
import type { RunFolder } from "./run_folder.ts";
import { type Position, positionOf, totalSteps } from "./schedule.ts";
import { captureState, restoreState } from "./state.ts";
import { readStatistics, StatisticsFile, type StatisticsRow } from "./statistics.ts";
import { Trainer } from "./trainer.ts";
import { TrainingData } from "./training_data.ts";

/** Scenes in the picture of samples. */
const SAMPLE_COUNT = 4;

/** A run that may start: its options, its folder, and the checkpoint to go on from. */
export interface PreparedRun {
  /** Every option with its value. */
  readonly options: TrainOptions;
  /** Its folder, which exists and has `options.json`. */
  readonly folder: RunFolder;
  /** State to go on from; null to start at step 0. */
  readonly checkpoint: Checkpoint | null;
}

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

/** What a caller wants to know and may do while a run goes on. */
export interface TrainHooks {
  /** Called after each tick with its row and the length of its phase. */
  onTick?(row: StatisticsRow, iterations: number): void;
  /** Called after each checkpoint with its path. */
  onCheckpoint?(path: string, step: number): void;
  /** Draws samples for TensorBoard and the run folder. */
  drawSamples?(samples: Samples): ImageSummary | Promise<ImageSummary>;
  /** Finishes the iteration, saves and returns. */
  readonly signal?: AbortSignal;
}

/** How a run ended. */
export interface TrainResult {
  /** False if the signal stopped it. */
  readonly finished: boolean;
  /** Iterations finished over both stages, by this call and those before it. */
  readonly step: number;
  /** Path of the checkpoint of that step. */
  readonly checkpoint: string;
}

/**
 * Trains. Batches, latent samples and weights depend on the options alone, so a run that was stopped and resumed goes
 * the way of one that was not.
 *
 * @throws {UserError} if a loss is not finite any more, or a file cannot be read or written.
 */
export async function trainLoop(run: PreparedRun, backend: Backend, hooks: TrainHooks = {}): Promise<TrainResult> {
  const { options, folder, checkpoint } = run;
  await using data = await TrainingData.open(options, folder, checkpoint !== null);
  using trainer = newTrainer(backend, options);
  if (checkpoint) restoreState(trainer, checkpoint.tensors, folder.root);
  else trainer.networks.initialize(options.seed);
  let step = checkpoint?.step ?? 0;
  using statistics = await StatisticsFile.open(folder.statistics, step);
  using events = await EventFile.create(folder.events, step);
  const spikes = new LossSpikes(await readStatistics(folder.statistics));
  const total = totalSteps(options);
  const clock = new Clock(statistics.seconds, step, data);
  // A GPU works on while the next iteration is prepared; reading its losses would make it wait.
  const runsAhead = options.device !== "cpu";
  let saved: { step: number; path: string } | null = null, lastFinite = "none";
  while (step < total && !hooks.signal?.aborted) {
    const position = positionOf(step, options);
    step++;
    const last = step === total || positionOf(step, options).phase !== position.phase;
    const ticks = step % options.tick === 0 || last;
    const gradientNorms: Record<string, number> = {};
    const measure = (network: string, gradients: Tensor) => {
      gradientNorms[network] = gradientNorm(backend, gradients);
    };
    const losses = await iterate(trainer, data, position, options, ticks || !runsAhead, ticks ? measure : undefined);
    if (losses) lastFinite = checkFinite(losses, position, lastFinite);
    if (ticks && losses) {
      const found = spikes.watch(losses);
      const row = {
        ...tickRow(position, step, losses, clock, backend),
        gradientNorms,
        ...found.length > 0 ? { spikes: found } : {},
      };
      statistics.write(row);
      events.scalars(step, row.losses);
      events.scalars(step, { "speed/iterationsPerSecond": row.iterationsPerSecond, "memory/peakBytes": row.peakBytes });
      events.scalars(step, prefixed("gradientNorm/", gradientNorms));
      if (row.loading) events.scalars(step, prefixed("loading/", row.loading));
      hooks.onTick?.(row, position.iterations);
    }
    if (step % options.snapshot === 0 || last) saved = { step, path: await save() };
    // Lets signals and file reads through.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return { finished: step >= total, step, checkpoint: saved?.step === step ? saved.path : await save() };

  async function save(): Promise<string> {
    const position = positionOf(Math.max(0, step - 1), options), { phase, iteration } = position;
    checkFinite(lossesOf(trainer, phase), position, lastFinite);
    await calibrateOn(trainer, data, CALIBRATION_BATCHES);
    const tensors = captureState(trainer);
    await statistics.sync(); // a checkpoint must not outlive the rows before it
    await data.saveTrained();
    const path = await writeCheckpoint(folder.checkpoints, { step, phase, iteration: iteration + 1, options, tensors });
    await pruneCheckpoints(folder.checkpoints, options.keep, step);
    const image = await hooks.drawSamples?.(await sample(trainer, data, step, options));
    if (image) {
      events.image(step, image);
      await writeFileAtomic(join(folder.samples, `step-${String(step).padStart(6, "0")}.png`), image.png);
    }
    hooks.onCheckpoint?.(path, step);
    return path;
  }
}

/** The networks of a run and their optimisers as the options of a run want them; weights undefined until initialised. */
export function newTrainer(backend: Backend, options: TrainOptions): Trainer {
  const { limitBytes } = backend.memory, { device, precision, cpuEngine } = options;
  const workspaceBytes = plannedWorkspace(device, precision, limitBytes, cpuEngine);
  return new Trainer(
    backend,
    modelOf(options),
    trainerOptions(options, recomputes(options, workspaceBytes, limitBytes)),
  );
}

/** One iteration; if asked, the losses of its phase, with the spread of the codes in the base stage. */
async function iterate(
  trainer: Trainer,
  data: TrainingData,
  { phase, iteration }: Position,
  options: TrainOptions,
  reads: boolean,
  onGradients?: (network: string, gradients: Tensor) => void,
): Promise<Record<string, number> | null> {
  const scenes = await data.batch(phase, iteration);
  const batch = phase === "base" ? options.batch : options.refineBatch;
  using labels = Tensor.from(trainer.backend, scenes, [batch, ...options.grid], "labels");
  const latentIteration = phase === "base" ? iteration : options.iterations + iteration;
  using z = trainer.drawLatent(batch, options.seed, latentIteration);
  const codes: Record<string, number> = {};
  trainer.iterate(phase, labels, z, (_step, index, pass) => {
    if (!reads || phase === "refine" || index < trainer.schedule[phase].steps.length - 1) return;
    const { mean, deviation } = codeStatistics(pass.encode(false).codes);
    Object.assign(codes, { z_enc_mean: mean, z_enc_std: deviation });
  }, onGradients);
  return reads ? { ...lossesOf(trainer, phase), ...codes } : null;
}

/** The losses and costs of a phase's last iteration; waits for the engine. */
function lossesOf(trainer: Trainer, phase: PhaseName): Record<string, number> {
  const names = new Set(
    trainer.schedule[phase].steps.flatMap(({ cost, terms, lambdaTerms }) => [...terms, ...lambdaTerms, cost]),
  );
  return Object.fromEntries(Object.entries(trainer.readLosses()).filter(([name]) => names.has(name)));
}

/** @throws {UserError} naming the first loss that is not a number any more; returns the losses as text otherwise. */
function checkFinite(losses: Record<string, number>, { phase, iteration }: Position, lastFinite: string): string {
  const bad = Object.entries(losses).find(([, value]) => !Number.isFinite(value));
  if (!bad) return Object.entries(losses).map(([name, value]) => `${name} ${value.toPrecision(4)}`).join(", ");
  throw new UserError(
    `${phase} stage, iteration ${iteration + 1}: ${bad[0]} is ${bad[1]}; the last finite values were: ${lastFinite}. ` +
      `Start again, or --resume from the last checkpoint, with a smaller --learning-rate; ` +
      `--debug-nans finds the operation where it began`,
  );
}

function tickRow(
  { phase, iteration }: Position,
  step: number,
  losses: Record<string, number>,
  clock: Clock,
  backend: Backend,
): StatisticsRow {
  const { seconds, iterationsPerSecond, loading } = clock.tick(step);
  const peakBytes = backend.memory.peakBytes;
  backend.memory.resetPeak();
  return { phase, iteration: iteration + 1, step, seconds, losses, iterationsPerSecond, peakBytes, loading };
}

/** Reconstructs a few held-out scenes with the weights of the moment. */
async function sample(trainer: Trainer, data: TrainingData, step: number, options: TrainOptions): Promise<Samples> {
  const real = await data.samples(SAMPLE_COUNT), voxels = real[0].length;
  const refines = positionOf(step - 1, options).phase === "refine";
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

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

/** Time spent training, over several calls of the program, and how scenes came in meanwhile. */
class Clock {
  readonly #started = performance.now();
  #tickAt = performance.now();
  #scenesAtTick = 0;
  #waitedAtTick = 0;

  constructor(readonly secondsBefore: number, private stepAtTick: number, readonly data: TrainingData) {}

  tick(step: number): Pick<StatisticsRow, "seconds" | "iterationsPerSecond" | "loading"> {
    const now = performance.now(), elapsed = (now - this.#tickAt) / 1000;
    const { scenesRead, secondsWaited } = this.data;
    const iterationsPerSecond = (step - this.stepAtTick) / elapsed;
    const loading = {
      scenesPerSecond: (scenesRead - this.#scenesAtTick) / elapsed,
      waitedShare: (secondsWaited - this.#waitedAtTick) / elapsed,
    };
    this.#tickAt = now;
    this.#scenesAtTick = scenesRead;
    this.#waitedAtTick = secondsWaited;
    this.stepAtTick = step;
    return { seconds: this.secondsBefore + (now - this.#started) / 1000, iterationsPerSecond, loading };
  }
}
