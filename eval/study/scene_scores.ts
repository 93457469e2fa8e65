/** What each scene scored with each system: kept as JSON, so that a study can be drawn again without its runs. */
import { join } from "@std/path";
import { z } from "zod";
import { UserError } from "../../base/errors.ts";
import { exists, readTextFile, writeFileAtomic } from "../../base/files.ts";
import { classSetOf } from "../../data/class_file.ts";
import { isProcedural } from "../../data/rooms/mod.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import { latestCheckpoint, readCheckpoint } from "../../run/checkpoint.ts";
import { runFolder } from "../../run/run_folder.ts";
import { evaluateRun } from "../evaluate.ts";
import type { Scores } from "../tables.ts";
import type { StudyRun } from "./study_runs.ts";

/** JSON has no NaN. */
const number = z.number().nullable().transform((value) => value ?? NaN);
const table = z.array(z.array(number));
const FileSchema = z.strictObject({
  /** What was evaluated; scores of anything else are stale. */
  key: z.string(),
  scenes: z.string(),
  entries: z.array(z.string()),
  stages: z.array(z.strictObject({ iou: table, ap: table })).min(1).max(2),
});

/** Scores of one run by scene. */
export interface RunScores {
  /** For people: what the scenes are. */
  readonly scenes: string;
  /** Names of the entries: the classes by label, then "all". */
  readonly entries: readonly string[];
  /** Before the refiner and, if the run has one, after it. */
  readonly stages: readonly StageScores[];
}

/** Scores of one stage, `[scene][entry]`; NaN where a class does not occur. */
export interface StageScores {
  /** The published IoU, |A∩B| / (|A|+|B|); the usual one is r/(1 − r) of it. */
  readonly iou: readonly (readonly number[])[];
  /** Average precision. */
  readonly ap: readonly (readonly number[])[];
}

/** Scores by scene from an evaluation. */
function runScores(scenes: string, classNames: readonly string[], scores: readonly Scores[]): RunScores {
  const stages = scores.map(({ iou, averagePrecision }) => ({
    iou: iou.byScene.map((entries) => [...entries]),
    ap: averagePrecision.byScene.map((entries) => [...entries]),
  }));
  return { scenes, entries: [...classNames, "all"], stages };
}

/** Writes the scores of a run. @throws {UserError} if it cannot. */
async function writeScores(path: string, key: string, scores: RunScores): Promise<void> {
  await writeFileAtomic(path, JSON.stringify({ key, ...scores }) + "\n");
}

/** The scores in a file that {@link writeScores} wrote under `key`; null if there is none. @throws {UserError} if damaged */
async function readScores(path: string, key: string): Promise<RunScores | null> {
  if (!await exists(path)) return null;
  const text = await readTextFile(path);
  let parsed: z.ZodSafeParseResult<z.output<typeof FileSchema>>;
  try {
    parsed = FileSchema.safeParse(JSON.parse(text));
  } catch (cause) {
    throw new UserError(`${path}: not valid JSON; remove it to evaluate again`, { cause });
  }
  if (!parsed.success) throw new UserError(`${path} does not hold scores of scenes; remove it to evaluate again`);
  const { key: found, ...scores } = parsed.data;
  return found === key ? scores : null;
}

/** Path of a run's scores in a study. */
function scoresPath(folder: string, run: string): string {
  return join(folder, "scores", `${run}.json`);
}

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
}

/**
 * Reconstructs held-out scenes with the newest checkpoint of a run, unless the study has its scores already.
 * @throws {UserError} if run or scenes cannot be read.
 */
export async function evaluateStudyRun(
  { name, root, options }: StudyRun,
  { folder, count, backend, threads }: StudyEvaluationOptions,
): Promise<RunScores> {
  const { checksum } = await readCheckpoint(await latestCheckpoint(runFolder(root).checkpoints));
  const path = scoresPath(folder, name), key = `checkpoint ${checksum}, ${count} scenes`;
  const known = await readScores(path, key);
  if (known) return known;
  const out = join(folder, "evaluation", name);
  const { scores } = await evaluateRun({ root, backend, count, out, threads });
  const scenes = `${scores[0].iou.scenes} ${isProcedural(options.data) ? "rooms that no run saw" : "held-out scenes"}`;
  const found = runScores(scenes, classSetOf(options.classes).names, scores);
  await writeScores(path, key, found);
  return found;
}
