/** Runs of a study on the held-out scenes. */
import { join } from "@std/path";
import { type EvaluateOptions, evaluateRun } from "../evaluate.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import { latestCheckpoint, readCheckpoint } from "../../run/checkpoint.ts";
import { runFolder } from "../../run/run_folder.ts";
import { classSetOf } from "../../data/class_file.ts";
import { ROOMS } from "../../data/rooms/mod.ts";
import { readScores, type RunScores, runScores, scoresPath, writeScores } from "./scene_scores.ts";
import type { StudyRun } from "./study_runs.ts";

/** How to evaluate. */
export interface StudyEvaluationOptions {
  /** Folder of the study; volumes and tables go to `evaluation/<name of the run>` in it. */
  readonly folder: string;
  /** At most so many scenes. */
  readonly count: number;
  /** An engine, which stays with the caller. */
  readonly backend: Backend;
  /** Threads of the metrics. */
  readonly threads: number;
  /** Draws the sheet of each run. */
  readonly drawSheet: EvaluateOptions["drawSheet"];
}

/**
 * Reconstructs held-out scenes with the newest checkpoint of a run, unless the study has its scores already.
 * @throws {UserError} if run or scenes cannot be read.
 */
export async function evaluateStudyRun(
  { name, root, options }: StudyRun,
  { folder, count, backend, threads, drawSheet }: StudyEvaluationOptions,
): Promise<RunScores> {
  const { checksum } = await readCheckpoint(await latestCheckpoint(runFolder(root).checkpoints));
  const path = scoresPath(folder, name), key = `checkpoint ${checksum}, ${count} scenes`;
  const known = await readScores(path, key);
  if (known) return known;
  const out = join(folder, "evaluation", name);
  const { scores } = await evaluateRun({ root, backend, count, out, threads, drawSheet });
  const scenes = `${scores[0].iou.scenes} ${options.data === ROOMS ? "rooms that no run saw" : "held-out scenes"}`;
  const found = runScores(scenes, classSetOf(options.classes).names, scores);
  await writeScores(path, key, found);
  return found;
}
