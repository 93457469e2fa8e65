/** Runs that may start: the folder made or opened, the checkpoint to go on from read. */
import { UserError } from "../base/errors.ts";
import { type Checkpoint, latestCheckpoint, listCheckpoints, readCheckpoint } from "../run/checkpoint.ts";
import type { TrainOptions } from "../run/config.ts";
import { type OptionLayer, resolveOptions, resumeOptions } from "../run/options.ts";
import { PRESETS } from "../run/presets.ts";
import { withoutPrior } from "../run/prior_state.ts";
import {
  createRunFolder,
  type LockedRunFolder,
  openRunFolder,
  readRunLayer,
  removeRunFolder,
} from "../run/run_folder.ts";
import { totalSteps } from "./schedule.ts";
import { readStatistics } from "../run/statistics.ts";

/** A run that may start: its options, its folder, and the checkpoint to go on from. */
export interface PreparedRun {
  /** Every option with its value. */
  readonly options: TrainOptions;
  /** Its folder, which exists and has `options.json`; the loop gives it back to other processes at its end. */
  readonly folder: LockedRunFolder;
  /** State to go on from; null to start at step 0. */
  readonly checkpoint: Checkpoint | null;
}

/** Makes the folder of a new run. @throws {UserError} if it has something in it already. */
export async function prepareNewRun(options: TrainOptions): Promise<PreparedRun> {
  return { options, folder: await createRunFolder(options), checkpoint: null };
}

/**
 * Makes a new run and does `work` with it. If that fails with nothing to show for it, neither a row of statistics nor
 * a checkpoint, the folder goes again, so that the same command can be given once the cause is mended.
 *
 * @throws {UserError} as {@link prepareNewRun} does, and whatever `work` throws.
 */
export async function withNewRun<T>(options: TrainOptions, work: (run: PreparedRun) => Promise<T>): Promise<T> {
  const run = await prepareNewRun(options);
  using folder = run.folder;
  try {
    return await work(run);
  } catch (error) {
    const { statistics, checkpoints } = folder;
    const barren = async () =>
      (await listCheckpoints(checkpoints)).length === 0 && (await readStatistics(statistics)).length === 0;
    if (await barren().catch(() => false)) await removeRunFolder(folder);
    throw error;
  }
}

/**
 * Opens the run in `root` at its newest checkpoint, or at that of `step`; `layers` may change what does not shape the
 * model. A run that was stopped before its first checkpoint starts again. A run stays in its folder: `out` is refused.
 * Networks that are to be trained for longer go on from where their prior began, which is trained anew.
 *
 * @param stage "prior" ends the stages before it where they are, and trains a prior also for a run that was to have none.
 * @throws {UserError} if there is no such run or checkpoint, another process trains it, or an option cannot be changed.
 */
export async function prepareResume(
  root: string,
  layers: readonly OptionLayer[],
  step?: number,
  stage?: "prior",
): Promise<PreparedRun> {
  if (layers.some(({ values }) => values.out !== undefined)) {
    throw new UserError(`a resumed run stays in its folder, ${root}; leave out --out, or copy the folder first`);
  }
  using owned = new DisposableStack();
  const folder = owned.use(await openRunFolder(root));
  const saved = await readRunLayer(root);
  if (step === undefined && (await listCheckpoints(folder.checkpoints)).length === 0) {
    const options = resumeOptions(saved, layers, "base");
    owned.move();
    return { options, folder, checkpoint: null };
  }
  const found = await readCheckpoint(await latestCheckpoint(folder.checkpoints, step));
  const ended = stage === "prior" || found.phase === "prior" ? withStagesEnded(saved, found) : saved;
  const goesBack = stage === undefined && found.phase === "prior" && asksForMore(ended, layers);
  const checkpoint = goesBack ? withoutPrior(found) : found;
  const options = resumeOptions(ended, layers, stage ?? checkpoint.phase);
  if (stage === "prior" && options.priorIterations === 0) {
    throw new UserError("--stage prior trains no prior with --prior-iterations 0; leave that out");
  }
  if (checkpoint.step > totalSteps(options)) {
    throw new UserError(
      `${root} is at step ${checkpoint.step}, beyond the ${totalSteps(options)} asked for; raise --iterations, ` +
        `--refine-iterations or --prior-iterations`,
    );
  }
  owned.move();
  return { options, folder, checkpoint };
}

/** The saved options of a run whose prior is to follow, or follows, the networks as they are in a checkpoint. */
function withStagesEnded(saved: OptionLayer, { phase, iteration, options }: Checkpoint): OptionLayer {
  const { iterations, refineIterations, priorIterations, preset } = options;
  if (phase === "prior") {
    return { ...saved, values: { ...saved.values, iterations, refineIterations, priorIterations } };
  }
  const done = phase === "base"
    ? { iterations: iteration, refineIterations: 0 }
    : { iterations, refineIterations: iteration };
  const { priorIterations: usual, priorBatch, priorLearningRate } = PRESETS[preset];
  const prior = saved.values.priorIterations === 0
    ? { priorIterations: usual, priorBatch, priorLearningRate } // a run that was to have none
    : {};
  return { ...saved, values: { ...saved.values, ...done, ...prior } };
}

/** Whether the networks are to be trained for longer than they were. */
function asksForMore(ended: OptionLayer, layers: readonly OptionLayer[]): boolean {
  const before = resolveOptions([ended]), asked = resolveOptions([ended, ...layers]);
  return asked.iterations > before.iterations || asked.refineIterations > before.refineIterations;
}
