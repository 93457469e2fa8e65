/** How far a run is, as the page shows it: losses and checkpoints. */
import { basename } from "@std/path";
import { readTextFile } from "../../base/files.ts";
import { listCheckpoints } from "../../run/checkpoint.ts";
import { runFolder } from "../../run/run_folder.ts";
import { parseStatistics, type StatisticsRow } from "../../run/statistics.ts";
import { type CurveOptions, curvesOfRuns, type RunLosses } from "../draw/curves.ts";
import { figureToSvg } from "../draw/figure.ts";
import type { TrainingCurves, TrainingStatus } from "./catalogue.ts";
import { RequestError } from "./request_error.ts";

/** Longest statistics file that is read again and again while a training runs. */
const LONGEST_BYTES = 128 * 2 ** 20;

/** Losses of a run with the time they were written at. */
interface Statistics {
  readonly rows: readonly StatisticsRow[];
  readonly modified: number;
  readonly size: number;
}

/** How far the run in the folder `run` is. @throws {RequestError} 404 if it has no losses yet. */
export async function trainingStatus(run: string, title: string): Promise<TrainingStatus> {
  const { rows, modified, size } = await readStatistics(run, title);
  const { phase, step, losses } = rows.at(-1)!;
  const age = Math.max(0, Date.now() - modified) / 1000;
  return { phase, step, losses: finite(losses), age, revision: `${modified}-${size}` };
}

/**
 * Learning curves of runs, by their folders and titles, over each other.
 * @throws {RequestError} 404 if one has no losses yet.
 */
export async function trainingCurves(
  runs: readonly { readonly folder: string; readonly title: string }[],
  options: CurveOptions,
): Promise<TrainingCurves> {
  const losses: RunLosses[] = [];
  for (const { folder, title } of runs) losses.push({ title, rows: (await readStatistics(folder, title)).rows });
  const { figure, panels } = curvesOfRuns(losses, options);
  return { svg: figureToSvg(figure), width: figure.width, panels };
}

/** Step of the newest checkpoint in the folder `run`. @throws {RequestError} 404 if there is none. */
export async function newestStep(run: string, title: string): Promise<number> {
  const newest = (await listCheckpoints(runFolder(run).checkpoints)).at(-1);
  if (newest) return newest.step;
  throw new RequestError(404, `${title || "this folder"} has no checkpoint yet`);
}

async function readStatistics(run: string, title: string): Promise<Statistics> {
  const path = runFolder(run).statistics, name = basename(path);
  const { isFile, size, mtime } = await Deno.lstat(path).catch(() => {
    throw new RequestError(404, `${title || "this folder"} has no ${name} yet; it appears with the first tick`);
  });
  // A link could lead out of the folder that is shown.
  if (!isFile) throw new RequestError(403, `${name} of ${title} is not a plain file`);
  if (size > LONGEST_BYTES) {
    throw new RequestError(
      422,
      `${name} of ${title} is longer than ${LONGEST_BYTES} bytes; draw it with deno task viz`,
    );
  }
  const rows = parseStatistics(await readTextFile(path), name);
  if (rows.every(({ losses }) => Object.keys(finite(losses)).length === 0)) {
    throw new RequestError(404, `${title} has not finished its first tick yet`);
  }
  return { rows, modified: mtime?.getTime() ?? 0, size };
}

function finite(losses: StatisticsRow["losses"]): Record<string, number> {
  return Object.fromEntries(Object.entries(losses).filter(([, value]) => isFinite(value)));
}
