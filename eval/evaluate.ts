/** A finished run judged in one call: reconstructions of unseen scenes, tables, and a contact sheet. */
import { makeFolder } from "../base/files.ts";
import type { Backend } from "../nn/backend/backend.ts";
import type { CpuEngineName } from "../nn/backend/cpu/native/choice.ts";
import { evaluationFolder } from "../run/run_folder.ts";
import { reconstruct, type Reconstruction } from "./modes/recons/reconstruct.ts";
import { Run } from "./run.ts";
import { openUnseenScenes } from "./unseen_scenes.ts";

/** What to evaluate, and on what. */
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
}

/** Reconstructs scenes with a checkpoint of a run. @throws {UserError} if run or scenes cannot be read. */
export async function evaluateRun(options: EvaluateOptions): Promise<Reconstruction> {
  const { root, step, backend, device, cpuEngine, notice, statistics } = options;
  const threads = options.threads ?? navigator.hardwareConcurrency;
  using run = await Run.open(root, { step, backend, device, cpuEngine, notice, statistics, threads });
  using scenes = await openUnseenScenes(root, run.options, options.count, options.data, options.allowOverlap);
  const out = options.out ?? evaluationFolder(root, run.step), batch = options.batch ?? run.options.batch;
  await makeFolder(out);
  try {
    return await reconstruct({ run, out, batch, threads }, scenes);
  } catch (error) {
    await Deno.remove(out).catch(() => {}); // only if nothing is in it
    throw error;
  }
}
