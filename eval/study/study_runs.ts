/** The runs of a study: trained here, or taken as they are. */
import { join } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { exists } from "../../base/files.ts";
import { readManifest } from "../../data/scenes/manifest.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import { listCheckpoints } from "../../run/checkpoint.ts";
import { CALL_OPTIONS, type OptionName, type TrainOptions } from "../../run/config.ts";
import { checkMemory } from "../../train/dry_run.ts";
import { type TrainHooks, trainLoop } from "../../train/loop.ts";
import type { OptionLayer } from "../../run/options.ts";
import { newRunOptions } from "../../train/new_options.ts";
import { prepareNewRun, prepareResume } from "../../train/prepare.ts";
import { readRunOptions, runFolder } from "../../run/run_folder.ts";
import { totalSteps } from "../../train/schedule.ts";
import { type ComparedRun, CONV_RUN, PAPER_RUNS, type RunName } from "./systems.ts";

/** Options about how a run is computed and kept: runs that differ in nothing else are the same. */
const HOW: readonly OptionName[] = [
  ...CALL_OPTIONS,
  ...["device", "cpuEngine", "threads", "memoryLimit", "recompute", "tick", "snapshot", "keep"] as const,
];
/** Options that runs have to share to be compared at all. */
const SHARED: readonly OptionName[] = ["grid", "classes", "data", "seed", "scenes"];
/** Options that make budgets unequal where they differ. */
const BUDGET: readonly OptionName[] = [
  "iterations",
  "batch",
  "learningRate",
  "cooldown",
  "channels",
  "gamma",
  "lambda",
  "bn",
];

/** A run that takes part. */
export interface StudyRun {
  /** What it is a run of. */
  readonly name: RunName;
  /** Run folder. */
  readonly root: string;
  /** Its options. */
  readonly options: TrainOptions;
}

/** The options of each of `runs` in a study in `folder`, by name. @throws {UserError} for a bad option. */
export async function studyOptions(
  folder: string,
  runs: readonly ComparedRun[],
  layers: readonly OptionLayer[],
): Promise<ReadonlyMap<RunName, TrainOptions>> {
  for (const { source, values } of layers) {
    for (const name of ["model", "generator", "out", "resume"]) {
      if (values[name] !== undefined) throw new UserError(`${source}: ${name} differs from run to run; leave it out`);
    }
  }
  const options = new Map<RunName, TrainOptions>();
  for (const { name, model, generator } of runs) {
    const unrefined = name === "fc-alphagan" ? {} : { refineIterations: 0 };
    const own = { model, generator, priorIterations: 0, out: join(folder, "runs", name), ...unrefined };
    options.set(name, await newRunOptions([...layers, { source: "compare", values: own }]));
  }
  return options;
}

/**
 * Trains the run `name` of a study, or goes on with it, or leaves it alone if it is finished.
 *
 * @returns the run, or null if the signal stopped it.
 * @throws {UserError} if its folder holds a run of other options, or training fails.
 */
export async function trainRun(
  name: RunName,
  options: TrainOptions,
  backend: Backend,
  hooks: TrainHooks,
): Promise<StudyRun | null> {
  const root = options.out!;
  const earlier = await exists(runFolder(root).options) ? await readRunOptions(root) : null;
  if (earlier) {
    const other = differing(earlier, options, Object.keys({ ...earlier, ...options }) as OptionName[]);
    const changed = other.filter((name) => !HOW.includes(name));
    if (changed.length > 0) {
      throw new UserError(
        `${root} holds a run with another ${changed.join(", ")}; give the options of that study, or another --out`,
      );
    }
    const newest = (await listCheckpoints(runFolder(root).checkpoints)).at(-1);
    if (newest && newest.step >= totalSteps(options)) return { name, root, options: earlier };
  }
  checkMemory(options, backend.memory.limitBytes);
  const run = earlier ? await prepareResume(root, []) : await prepareNewRun(options);
  const { finished } = await trainLoop(run, backend, hooks);
  return finished ? { name, root, options: run.options } : null;
}

/**
 * Opens runs that exist already, at most one of each system.
 *
 * @throws {UserError} if one is no run or of no system of the study, two are of one, or they differ in what they were to learn.
 */
export async function existingRuns(roots: readonly string[]): Promise<ReadonlyMap<RunName, StudyRun>> {
  const runs = new Map<RunName, StudyRun>();
  for (const root of roots) {
    const options = await readRunOptions(root), name = runNameOf(options, root);
    const twin = runs.get(name);
    if (twin) throw new UserError(`${twin.root} and ${root} are both runs of ${name}; give one of each system`);
    const first = [...runs.values()][0];
    const apart = first ? differing(first.options, options, SHARED) : [];
    if (apart.length > 0) {
      throw new UserError(
        `${first.root} and ${root} cannot be compared: they differ in ${apart.join(", ")}; train them on the same`,
      );
    }
    runs.set(name, { name, root, options });
  }
  const heldOut = await Promise.all([...runs.values()].map(({ root }) => heldOutScenes(root)));
  const other = heldOut.findIndex((scenes) => scenes !== heldOut[0]);
  if (other > 0) {
    const [first, second] = [0, other].map((index) => [...runs.values()][index].root);
    throw new UserError(
      `${first} and ${second} cannot be compared: they held out other scenes; train them on the same`,
    );
  }
  if (runs.size < 2) throw new UserError("a comparison needs runs of two systems or more; see --help");
  return runs;
}

function runNameOf({ model, generator }: TrainOptions, root: string): RunName {
  const run = [...PAPER_RUNS, CONV_RUN].find((each) => each.model === model && each.generator === generator);
  if (run) return run.name;
  throw new UserError(
    `${root} is a run of ${model} with a generator that the paper's study has of fc-alphagan only (${generator}); ` +
      `train it with --generator dense`,
  );
}

async function heldOutScenes(root: string): Promise<string> {
  return JSON.stringify((await readManifest(runFolder(root).manifest)).test);
}

/** Options in which the budgets of runs differ, for the report; none for runs of one study. */
export function unequalBudgets(runs: Iterable<StudyRun>): OptionName[] {
  const [first, ...rest] = runs;
  return BUDGET.filter((name) => rest.some(({ options }) => differing(first.options, options, [name]).length > 0));
}

function differing(a: TrainOptions, b: TrainOptions, names: readonly OptionName[]): OptionName[] {
  return names.filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));
}
