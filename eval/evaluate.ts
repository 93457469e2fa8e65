/** A finished run judged in one call: reconstructions of unseen scenes, tables, and a contact sheet. */
import { join } from "@std/path";
import { makeFolder, writeFileAtomic } from "../base/files.ts";
import { writeClasses } from "../data/class_file.ts";
import type { ClassSet } from "../data/classes.ts";
import type { Grid } from "../data/grid.ts";
import type { Backend } from "../nn/backend/backend.ts";
import type { CpuEngineName } from "../nn/backend/cpu/native/choice.ts";
import { evaluateReconstruction, type Reconstruction } from "./reconstruct.ts";
import { Run } from "./run.ts";
import { summaryTable } from "./tables.ts";
import { type TestScenes, testScenes } from "./unseen_scenes.ts";
import { evaluationFolder } from "./workspace.ts";

/** What to evaluate, on what, and how to draw it. */
export interface EvaluateOptions {
  /** Run folder. */
  readonly root: string;
  /** Checkpoint; the newest if left out. */
  readonly step?: number;
  /** Scenes to reconstruct, as the option `data` of training; what the run held out if left out. */
  readonly data?: string;
  /** Whether scenes of `data` may be among those that the run was trained on; refused if left out. */
  readonly allowOverlap?: boolean;
  /** At most so many scenes. */
  readonly count: number;
  /** Scenes that go through the networks together; the run's batch if left out. */
  readonly batch?: number;
  /** Folder for the files; the run's own if left out. */
  readonly out?: string;
  /** Statistics of batch norm; those of the run's options if left out. */
  readonly statistics?: "running" | "batch";
  /** An engine to use, which stays with the caller. */
  readonly backend?: Backend;
  /** Engine opened for this, e.g. "cpu" or "cuda:0"; the best there is if left out. */
  readonly device?: string;
  /** Code of a CPU engine opened for this: "native", "wasm", or "auto" if left out. */
  readonly cpuEngine?: CpuEngineName;
  /** Told when an engine opened for this works but slowly, in one line. */
  readonly notice?: (message: string) => void;
  /** Threads of an engine opened for this, and of the metrics; one per core if left out. */
  readonly threads?: number;
  /** Draws the sheet that is written beside the tables: PNG bytes. */
  drawSheet?(reconstruction: Reconstruction, grid: Grid, classes: ClassSet): Uint8Array;
}

/** Where the results are and what they say. */
export interface Evaluation extends Reconstruction {
  /** Tables for the terminal, also in `summary.txt`. */
  readonly summary: string;
  /** Folder of the files. */
  readonly out: string;
  /** The contact sheet, if one was drawn. */
  readonly sheet: string | null;
}

/** Reconstructs scenes with a checkpoint of a run. @throws {UserError} if run or scenes cannot be read. */
export async function evaluateRun(options: EvaluateOptions): Promise<Evaluation> {
  const { root, step, backend, device, cpuEngine, notice, statistics, drawSheet } = options;
  const threads = options.threads ?? navigator.hardwareConcurrency;
  using run = await Run.open(root, { step, backend, device, cpuEngine, notice, statistics, threads });
  using scenes = await testScenes(root, run.options, options.count, options.data, options.allowOverlap);
  const out = options.out ?? evaluationFolder(run), batch = options.batch ?? run.options.batch;
  await makeFolder(out);
  try {
    return await evaluateScenes(run, scenes, { out, batch, threads, drawSheet });
  } catch (error) {
    await Deno.remove(out).catch(() => {}); // only if nothing is in it
    throw error;
  }
}

/** How {@link evaluateScenes} works: as {@link EvaluateOptions}, with nothing left open. */
export interface EvaluateScenesOptions extends Pick<EvaluateOptions, "drawSheet"> {
  /** Folder for the files, which is there. */
  readonly out: string;
  /** Scenes that go through the networks together. */
  readonly batch: number;
  /** Threads of the metrics. */
  readonly threads: number;
}

/** Reconstructs scenes with an open run. @throws {UserError} if a scene cannot be read, or a file not be written. */
export async function evaluateScenes(
  run: Run,
  scenes: TestScenes,
  { out, batch, threads, drawSheet }: EvaluateScenesOptions,
): Promise<Evaluation> {
  const result = await evaluateReconstruction(run, scenes, { batch, out, threads });
  const lines = [`Step ${run.step} on ${scenes.description}, batch norm with ${run.statistics} statistics:`, ""];
  lines.push(summaryTable(result.scores, run.classes.names));
  if (!run.refines) lines.push("", "The refiner of this run was not trained: no *_refine files.");
  const summary = lines.join("\n");
  await writeFileAtomic(join(out, "summary.txt"), summary + "\n");
  await writeClasses(out, run.classes);
  const sheet = drawSheet ? join(out, "reconstructions.png") : null;
  if (drawSheet && sheet) await writeFileAtomic(sheet, drawSheet(result, run.config.grid, run.classes));
  return { ...result, summary, out, sheet };
}
