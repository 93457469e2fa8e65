/** What every mode of an evaluation works with. */
import { makeFolder, removeStaleTemporaries } from "../base/files.ts";
import { evaluationFolder } from "../run/run_folder.ts";
import { Ledger } from "./ledger.ts";
import type { Run } from "./run.ts";

/** A run at work and the folder for what comes out of it. */
export interface Workspace {
  /** The networks. */
  readonly run: Run;
  /** Folder for the files. */
  readonly out: string;
  /** What is finished there. */
  readonly ledger: Ledger;
  /** Rooms that go through the networks together. */
  readonly batch: number;
  /** Threads of the metrics. */
  readonly threads: number;
  /** Tells the person at the keyboard a line. */
  say(line: string): void;
}

/** Choices of {@link openWorkspace}; see {@link Workspace}. */
export interface WorkspaceOptions extends Pick<Workspace, "say"> {
  /** Folder for the files; the run's own for its step if left out. */
  readonly out?: string;
  /** The run's batch if left out. */
  readonly batch?: number;
  /** One per core if left out or 0. */
  readonly threads?: number;
}

/**
 * Makes the folder and reads what is finished in it. Files that an evaluation of another checkpoint left there go.
 *
 * @throws {UserError} if the folder cannot be made or a file not be removed.
 */
export async function openWorkspace(run: Run, options: WorkspaceOptions): Promise<Workspace> {
  const { out = evaluationFolder(run.root, run.step), batch = run.options.batch, say } = options;
  const threads = options.threads || navigator.hardwareConcurrency;
  await makeFolder(out);
  await removeStaleTemporaries(out);
  const ledger = await Ledger.open(out, { checkpoint: run.checksum, step: run.step, batchNorm: run.statistics });
  const removed = await ledger.removeOthers();
  if (removed > 0) {
    say(`${out}: ${removed} files of an evaluation of another checkpoint or batch norm are gone.`);
  }
  return { run, out, ledger, batch, threads, say };
}
