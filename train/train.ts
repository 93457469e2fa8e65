/** Training from code: what `deno task train` does, without a terminal. */
import type { Backend } from "../nn/backend/backend.ts";
import { openBackend } from "../nn/backend/open.ts";
import { engineOptions } from "../run/config.ts";
import { checkMemory } from "./dry_run.ts";
import { trainLoop } from "./loop.ts";
import { newRunOptions } from "./new_options.ts";
import { withNewRun } from "./prepare.ts";
import type { StatisticsRow } from "../run/statistics.ts";

/** What a caller of {@link train} may be told, and may do. */
export interface TrainCallbacks {
  /** Called every `tick` iterations with losses, speed and peak memory. */
  onTick?(row: StatisticsRow): void;
  /** Finishes the iteration, writes a checkpoint and returns. */
  readonly signal?: AbortSignal;
  /** An engine to use, which stays with the caller; otherwise one is opened. */
  readonly backend?: Backend;
}

/** Where a trained run is. */
export interface TrainedRun {
  /** Run folder, for `Run.open`. */
  readonly root: string;
  /** Iterations over both stages. */
  readonly step: number;
  /** False if the signal stopped it. */
  readonly finished: boolean;
}

/**
 * Trains a new run.
 *
 * @param values options by name as in `options.json`, e.g. `{ preset: "tiny", iterations: 20, out: "runs/mine" }`.
 * @throws {UserError} naming a bad option, or if the run does not fit into memory, files cannot be written, or a loss is
 * not finite any more.
 */
export async function train(
  values: Readonly<Record<string, unknown>>,
  callbacks: TrainCallbacks = {},
): Promise<TrainedRun> {
  const options = await newRunOptions([{ source: "train()", values }]);
  using owned = new DisposableStack();
  const backend = callbacks.backend ?? owned.use(await openBackend(options.device, engineOptions(options)));
  checkMemory(options, backend.memory.limitBytes);
  return await withNewRun(options, async (run) => {
    const { step, finished } = await trainLoop(run, backend, {
      onTick: (row) => callbacks.onTick?.(row),
      signal: callbacks.signal,
    });
    return { root: run.folder.root, step, finished };
  });
}
