/** A finished run judged in one call: reconstructions of unseen scenes, tables, and a contact sheet. */
import { makeFolder } from "../base/files.ts";
import { evaluationFolder } from "../run/run_folder.ts";
import { reconstruct, type Reconstruction } from "./modes/recons/reconstruct.ts";
import { Run, type RunOpenOptions } from "./run.ts";
import { openUnseenScenes } from "./unseen_scenes.ts";

/** What to evaluate, and on what; threads are those of the metrics, too. */
export interface EvaluateOptions extends RunOpenOptions {
  /** Run folder. */
  readonly root: string;
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
}

/** Reconstructs scenes with a checkpoint of a run. @throws {UserError} if run or scenes cannot be read. */
export async function evaluateRun(options: EvaluateOptions): Promise<Reconstruction> {
  const { root, count, data, allowOverlap } = options, threads = options.threads || navigator.hardwareConcurrency;
  using run = await Run.open(root, options);
  using scenes = await openUnseenScenes(root, run.options, count, data, allowOverlap);
  const { out = evaluationFolder(root, run.step), batch = run.options.batch } = options;
  await makeFolder(out);
  try {
    return await reconstruct({ run, out, batch, threads }, scenes);
  } catch (error) {
    await Deno.remove(out).catch(() => {}); // only if nothing is in it
    throw error;
  }
}
