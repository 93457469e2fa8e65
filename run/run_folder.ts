/** The folder of a run: everything needed to explain it and to go on with it. */
import { basename, join } from "@std/path";
import { ioError, UserError } from "../base/errors.ts";
import { makeFolder, removeStaleTemporaries, writeFileAtomic } from "../base/files.ts";
import { OPTIONS_FILE } from "../data/class_file.ts";
import { SYSTEM_NAMES } from "../nn/models/systems.ts";
import { listCheckpoints, stepName, stepOf } from "./checkpoint.ts";
import type { TrainOptions } from "./config.ts";
import { type OptionLayer, optionsJson, readOptionsFile, resolveOptions, savedLayer } from "./options.ts";
import { RunLock } from "./run_lock.ts";

/** Where new runs are made unless told otherwise. */
export const RUNS_FOLDER = "runs";

/** Paths in a run folder. */
export interface RunFolder {
  /** The folder itself. */
  readonly root: string;
  /** Every option with its value. */
  readonly options: string;
  /** What the data was: sources, counts, hashes. */
  readonly manifest: string;
  /** Fingerprints of the scenes that were trained on. */
  readonly trainedScenes: string;
  /** A JSON line of losses and speed per tick. */
  readonly statistics: string;
  /** TensorBoard event files. */
  readonly events: string;
  /** Pictures of samples. */
  readonly samples: string;
  /** `step-….safetensors`. */
  readonly checkpoints: string;
  /** Volumes and tables of evaluations. */
  readonly evaluation: string;
  /** Locked by the process that trains. */
  readonly lock: string;
}

/** A run folder that no other process trains in until this is disposed. */
export type LockedRunFolder = RunFolder & Disposable;

/** The paths in the run folder `root`; touches nothing. */
export function runFolder(root: string): RunFolder {
  return {
    root,
    options: join(root, OPTIONS_FILE),
    manifest: join(root, "manifest.json"),
    trainedScenes: join(root, "trained_scenes.txt"),
    statistics: join(root, "stats.jsonl"),
    events: join(root, "events"),
    samples: join(root, "samples"),
    checkpoints: join(root, "checkpoints"),
    evaluation: join(root, "evaluation"),
    lock: join(root, "lock"),
  };
}

/** Paths that a released model has besides those of a run, for the Hugging Face hub. */
export function releaseFiles(root: string): { readonly card: string; readonly config: string } {
  return { card: join(root, "README.md"), config: join(root, "config.json") };
}

async function lockedRunFolder(folder: RunFolder): Promise<LockedRunFolder> {
  const lock = await RunLock.take(folder.lock, folder.root);
  return { ...folder, [Symbol.dispose]: () => lock[Symbol.dispose]() };
}

/** Folder of the evaluation of the weights after `step` iterations, unless told otherwise. */
export function evaluationFolder(root: string, step: number): string {
  return join(runFolder(root).evaluation, stepName(step));
}

/** Folders with evaluations of a run, the newest step first. @throws {UserError} if they cannot be listed. */
export async function evaluationFolders(root: string): Promise<string[]> {
  const { evaluation } = runFolder(root);
  const steps = (await namesIn(evaluation)).map(stepOf).filter((step) => step !== null);
  return steps.sort((one, other) => other - one).map((step) => evaluationFolder(root, step));
}

/**
 * Makes the folder of a new run, `options.out` or `runs/<time>-<preset>`, and writes `options.json` into it.
 *
 * @param now names the folder, in the local time zone.
 * @param runs where folders that the options do not name are made.
 * @throws {UserError} if the folder has something in it already, or cannot be made.
 */
export async function createRunFolder(
  options: TrainOptions,
  now: Date = new Date(),
  runs: string = RUNS_FOLDER,
): Promise<LockedRunFolder> {
  const { root, lock } = runFolder(options.out ?? await freeName(join(runs, `${timestamp(now)}-${nameOf(options)}`)));
  await makeFolder(root);
  if ((await namesIn(root)).some((name) => name !== basename(lock))) {
    throw new UserError(
      `${root} is not empty; go on with that run (--resume ${root}) or choose another folder (--out)`,
    );
  }
  using owned = new DisposableStack();
  const folder = owned.use(await lockedRunFolder(runFolder(root)));
  await writeFileAtomic(folder.options, optionsJson(options));
  owned.move();
  return folder;
}

/** Preset of a run, and its model where that is not the paper's. */
function nameOf({ preset, model }: TrainOptions): string {
  return model === SYSTEM_NAMES[0] ? preset : `${preset}-${model}`;
}

/** Removes what a run wrote, and its folder if nothing else is in it; what cannot be removed stays. */
export async function removeRunFolder({ root, ...places }: RunFolder): Promise<void> {
  for (const path of Object.values(places)) await Deno.remove(path, { recursive: true }).catch(() => {});
  await Deno.remove(root).catch(() => {});
}

/**
 * Opens the folder of an earlier run to go on with it, and removes half-written files that a killed process left.
 * @throws {UserError} if `root` is no run folder, or another process trains in it.
 */
export async function openRunFolder(root: string): Promise<LockedRunFolder> {
  await readRunOptions(root);
  using owned = new DisposableStack();
  const folder = owned.use(await lockedRunFolder(runFolder(root)));
  for (const path of [folder.root, folder.checkpoints, folder.samples]) {
    if (await exists(path)) await removeStaleTemporaries(path);
  }
  owned.move();
  return folder;
}

/** The `options.json` of a run as a layer, to put others over it. @throws {UserError} if `root` is no run folder. */
export async function readRunLayer(root: string): Promise<OptionLayer> {
  const { options } = runFolder(root);
  if (!await exists(options)) throw new UserError(`${root} is no run folder: it has no ${OPTIONS_FILE}`);
  return savedLayer(await readOptionsFile(options));
}

/** Options of a run. @throws {UserError} if `root` is no run folder or its options are not valid. */
export async function readRunOptions(root: string): Promise<TrainOptions> {
  return resolveOptions([await readRunLayer(root)]);
}

/** The run in `folder` whose newest checkpoint was written last; null if none there has one. */
export async function newestRun(folder: string = RUNS_FOLDER): Promise<string | null> {
  let newest: { root: string; time: number } | null = null;
  for (const name of await namesIn(folder)) {
    const root = join(folder, name);
    if (!await exists(runFolder(root).options)) continue;
    const checkpoint = (await listCheckpoints(runFolder(root).checkpoints)).at(-1);
    if (!checkpoint) continue;
    const time = (await Deno.stat(checkpoint.path)).mtime?.getTime() ?? 0;
    if (newest === null || time > newest.time) newest = { root, time };
  }
  return newest?.root ?? null;
}

/** `2026-01-31-235959` in the local time zone. */
function timestamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}

/** `path`, or with -2, -3, … behind it the first that does not exist. */
async function freeName(path: string): Promise<string> {
  for (let number = 1;; number++) {
    const name = number === 1 ? path : `${path}-${number}`;
    if (!await exists(name)) return name;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw ioError(folder, "list", cause);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return false;
    throw ioError(path, "read", cause);
  }
}
