/** The training loop: a prepared run on an engine, to its end or until it is told to stop. */
import { join } from "@std/path";
import { writeFileAtomic } from "../base/files.ts";
import type { Backend } from "../nn/backend/backend.ts";
import { plannedEngine } from "../nn/backend/open.ts";
import { gradientNorm } from "../nn/optim/gradient_norm.ts";
import { Tensor } from "../nn/tensor.ts";
import { calibrateOn, CALIBRATION_BATCHES } from "./calibration.ts";
import type { TensorData } from "../data/formats/safetensors.ts";
import { PRIOR_PREFIX } from "../run/prior_state.ts";
import { type Checkpoint, pruneCheckpoints, stepName, writeCheckpoint } from "../run/checkpoint.ts";
import { codeStatistics } from "./code_statistics.ts";
import { modelOf, type TrainOptions } from "../run/config.ts";
import type { ImageSummary } from "../run/event_file.ts";
import { averaged, type Group, shared, solo } from "../nn/group/group.ts";
import { Journal } from "./journal.ts";
import { recomputes } from "./memory_plan.ts";
import type { PreparedRun } from "./prepare.ts";
import { EventTurns } from "./event_turn.ts";
import { checkLosses, checkState } from "./finite.ts";
import { reconstructSamples, type Samples } from "./samples.ts";
import { encodeTrainingScenes } from "./prior/prior_codes.ts";
import { PriorStage } from "./prior/prior_stage.ts";
import { type PhaseName, type Position, positionOf, rateAt, totalSteps } from "./schedule.ts";
import { captureState, restoreState } from "./state.ts";
import type { StatisticsRow } from "../run/statistics.ts";
import { partOf } from "./batch_part.ts";
import { StatusTimes } from "./status_times.ts";
import { type IterateOptions, Trainer, trainerOptions } from "./trainer.ts";
import { TrainingData } from "./training_data.ts";

/** What a caller wants to know and may do while a run goes on. */
export interface TrainHooks {
  /** Called while scenes are looked at before training begins. */
  onScan?(done: number, total: number): void;
  /** Called after each tick with its row and the length of its phase. */
  onTick?(row: StatisticsRow, iterations: number): void;
  /** Called between ticks with what a row would be now: every few seconds at first, then less often. */
  onStatus?(row: StatisticsRow, iterations: number): void;
  /** Told how many of the training scenes are encoded for the prior. */
  onEncoded?(done: number, total: number): void;
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
  /** Iterations finished over all stages, by this call and those before it. */
  readonly step: number;
  /** Path of the checkpoint of that step. */
  readonly checkpoint: string;
}

/**
 * Trains. Batches, latent samples and weights depend on the options alone, so a run that was stopped and resumed goes
 * the way of one that was not.
 *
 * @param group the processes that train together: all call this with the same run; rank 0 alone writes to its folder.
 * @throws {UserError} if a loss is not finite any more, or a file cannot be read or written.
 */
export async function trainLoop(
  run: PreparedRun,
  backend: Backend,
  hooks: TrainHooks = {},
  group: Group = solo(),
): Promise<TrainResult> {
  const { options, checkpoint } = run, part = partOf(options, group);
  using folder = run.folder;
  await using data = await TrainingData.open(part, folder, checkpoint !== null, group);
  await data.scanLabels({ onProgress: hooks.onScan, signal: hooks.signal });
  using trainer = newTrainer(backend, part, group);
  using stages = new DisposableStack();
  let prior: PriorStage | null = null;
  if (checkpoint) restoreState(trainer, checkpoint.tensors, folder.root);
  else trainer.networks.initialize(options.seed);
  let step = checkpoint?.step ?? 0;
  const context = { backend, data, step, group };
  using journal = group.rank === 0 ? await Journal.open(folder, options, context, checkpoint === null) : null;
  const turns = new EventTurns(), status = new StatusTimes(), total = totalSteps(options);
  // A GPU works on while the next iteration is prepared; reading its losses would make it wait.
  const runsAhead = options.device !== "cpu";
  const written = new Set<number>();
  let saved: { step: number; path: string } | null = null, lastFinite = "none";
  while (step < total) {
    const [stops, due] = group.anyOf(hooks.signal?.aborted ?? false, status.due);
    if (stops) break;
    const position = positionOf(step, options), { phase } = position;
    if (phase === "prior" && !prior && !(prior = await openPrior())) break;
    step++;
    const last = step === total || positionOf(step, options).phase !== position.phase;
    const reports = step % options.tick === 0 || last, tells = reports || due;
    const gradientNorms: Record<string, number> = {};
    const measure = (network: string, gradients: Tensor) => {
      gradientNorms[network] = gradientNorm(backend, gradients);
    };
    const reads = tells || !runsAhead, onGradients = reports ? measure : undefined;
    const losses = phase === "prior"
      ? prior!.iterate(position.iteration, reads, onGradients)
      : await iterate(trainer, data, { ...position, phase }, part, reads, onGradients);
    if (losses) lastFinite = checkLosses(losses, position, lastFinite);
    if (reports && losses && journal) {
      const row = journal.ticks.record(position, step, { losses, gradientNorms });
      hooks.onTick?.(row, position.iterations);
    } else if (tells && losses && journal) {
      hooks.onStatus?.(journal.ticks.preview(position, step, losses), position.iterations);
    }
    if (tells) status.told();
    if (step % options.snapshot === 0 || last) saved = { step, path: await save() };
    await turns.next();
  }
  return { finished: step >= total, step, checkpoint: saved?.step === step ? saved.path : await save() };

  async function save(): Promise<string> {
    const position = positionOf(Math.max(0, step - 1), options), { phase, iteration } = position;
    if (phase === "prior") {
      if (prior) checkLosses(prior.readLosses(), position, lastFinite);
    } else {
      checkLosses(trainer.readLosses(phase), position, lastFinite);
      await calibrateOn(trainer, data, CALIBRATION_BATCHES);
    }
    const tensors = new Map([...captureState(trainer), ...prior ? prior.capture() : priorOf(checkpoint)]);
    const sceneLabels = prior ? prior.labels : checkpoint?.sceneLabels;
    checkState(tensors, position);
    await journal?.statistics.sync(); // a checkpoint must not outlive the rows before it
    await data.saveTrained();
    // The others wait here until the checkpoint is on the disk.
    const path = shared(
      group,
      journal && await writeCheckpoint(folder.checkpoints, {
        ...{ step, phase, iteration: iteration + 1, options, tensors, sceneLabels },
      }),
    )!;
    written.add(step);
    if (journal) await pruneCheckpoints(folder.checkpoints, options.keep, { from: checkpoint?.step ?? 0, written });
    const changed = phase !== "prior"; // the networks
    const samples = changed && hooks.drawSamples ? await reconstructSamples(trainer, data, step, part) : null;
    if (samples && journal) {
      const image = await hooks.drawSamples!(samples);
      journal.events.image(step, image);
      await writeFileAtomic(join(folder.samples, `${stepName(step)}.png`), image.png);
    }
    hooks.onCheckpoint?.(path, step);
    return path;
  }

  /** Null if the signal ends the run meanwhile. */
  async function openPrior(): Promise<PriorStage | null> {
    // Codes depend on the statistics of the networks, which a stage before this one left with its checkpoint.
    if (written.size === 0 && checkpoint === null) await calibrateOn(trainer, data, CALIBRATION_BATCHES);
    const codes = await encodeTrainingScenes(trainer.networks, data, {
      onProgress: hooks.onEncoded,
      signal: hooks.signal,
    });
    const [ended] = group.anyOf(codes === null);
    if (ended || !codes) return null;
    journal?.ticks.restart(step);
    return stages.use(PriorStage.open(backend, codes, part, checkpoint?.tensors ?? null, folder.root, group));
  }
}

/** The part of a checkpoint that a run goes on with which does not train its prior. */
function priorOf(checkpoint: Checkpoint | null): [string, TensorData][] {
  if (checkpoint?.phase !== "prior") return [];
  return [...checkpoint.tensors].filter(([name]) => name.startsWith(PRIOR_PREFIX));
}

/**
 * The networks of a run and their optimisers as the options of a run, or of one rank, want them; weights undefined until
 * initialised.
 */
export function newTrainer(backend: Backend, options: TrainOptions, group: Group = solo()): Trainer {
  const { limitBytes } = backend.memory, { device, precision, cpuEngine } = options;
  const engine = plannedEngine(device, precision, limitBytes, cpuEngine);
  return new Trainer(
    backend,
    modelOf(options),
    trainerOptions(options, recomputes(options, engine, limitBytes)),
    group,
  );
}

/** One iteration; if asked, the losses of its phase, with the spread of the codes in the base stage. */
async function iterate(
  trainer: Trainer,
  data: TrainingData,
  position: Position & { readonly phase: PhaseName },
  options: TrainOptions,
  reads: boolean,
  onGradients: IterateOptions["onGradients"],
): Promise<Record<string, number> | null> {
  const { phase, iteration } = position;
  const scenes = await data.batch(phase, iteration);
  const batch = phase === "base" ? options.batch : options.refineBatch;
  using labels = Tensor.from(trainer.backend, scenes, [batch, ...options.grid], "labels");
  const latentIteration = phase === "base" ? iteration : options.iterations + iteration;
  using z = trainer.drawLatent(batch, options.seed, latentIteration);
  const codes: Record<string, number> = {};
  const readCodes: IterateOptions["onStep"] = (_step, index, pass) => {
    if (index < trainer.schedule[phase].steps.length - 1) return;
    const { mean, deviation } = codeStatistics(pass.encode().codes);
    Object.assign(codes, { z_enc_mean: mean, z_enc_std: deviation });
  };
  const onStep = reads && phase === "base" ? readCodes : undefined;
  trainer.iterate(phase, labels, z, { rate: rateAt(position, options.cooldown), onStep, onGradients });
  return reads ? { ...trainer.readLosses(phase), ...averaged(trainer.group, codes) } : null;
}
