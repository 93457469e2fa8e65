/** A study put together: the systems with their scores and costs. */
import { type Cost, costOf } from "./costs.ts";
import type { RunScores, StageScores } from "./scene_scores.ts";
import type { StudyRun } from "./study_runs.ts";
import { COMPARED_SYSTEMS, type ComparedSystem, type RunName } from "./systems.ts";

/** A system with its results. */
export interface StudiedSystem {
  /** Which. */
  readonly system: ComparedSystem;
  /** Its run. */
  readonly run: StudyRun;
  /** What each scene scored. */
  readonly scores: StageScores;
  /** What it cost. */
  readonly cost: Cost;
}

/** Results of a study. */
export interface Study {
  /** In the order of {@link COMPARED_SYSTEMS}; at least two. */
  readonly systems: readonly StudiedSystem[];
  /** Names of the entries: the classes by label, then "all". */
  readonly entries: readonly string[];
  /** For people: what the scenes are. */
  readonly scenes: string;
  /** Start of the random numbers of the intervals. */
  readonly seed: number;
}

/** The systems that runs and scores are there for. @throws {UserError} if statistics cannot be read */
export async function assembleStudy(
  runs: ReadonlyMap<RunName, StudyRun>,
  scores: ReadonlyMap<RunName, RunScores>,
  seed: number,
): Promise<Study> {
  const systems: StudiedSystem[] = [];
  for (const system of COMPARED_SYSTEMS) {
    const run = runs.get(system.run), stage = scores.get(system.run)?.stages[system.refined ? 1 : 0];
    if (run && stage) systems.push({ system, run, scores: stage, cost: await costOf(system, run) });
  }
  const { entries, scenes } = [...scores.values()][0];
  return { systems, entries, scenes, seed };
}
