/** Training from code: what `deno task train` does, without a terminal. */
import type { Backend } from "../nn/backend/backend.ts";
import { openBackend } from "../nn/backend/open.ts";
import { engineOptions } from "../run/config.ts";
import { checkMemory } from "./dry_run.ts";
import { trainLoop } from "./loop.ts";
import { newRunOptions } from "./new_options.ts";
import { withNewRun } from "./prepare.ts";
import type { StatisticsRow } from "../run/statistics.ts";
import type { DeviceName, PresetName, TrainOptions } from "../run/train_options.ts";

/** Options of a new run by name, as in `options.json`; what is left out has its default. */
export interface NewRunOptions
  extends Partial<Omit<TrainOptions, "preset" | "device" | "grid" | "channels" | "resume" | "resumeStep">> {
  /** Set of sizes to start from; "auto" if left out: full on a large GPU, else small. */
  readonly preset?: PresetName | "auto";
  /** Engine that computes; "auto", the best there is, if left out. */
  readonly device?: DeviceName | "auto";
  /** Voxels of a scene along depth, height (up) and width, each a multiple of 16. */
  readonly grid?: Readonly<TrainOptions["grid"]>;
  /** Channels of the four strided layers, fine to coarse. */
  readonly channels?: Readonly<TrainOptions["channels"]>;
}

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
 * @param values e.g. `{ preset: "tiny", iterations: 20, out: "runs/mine" }`; they are checked.
 * @throws {UserError} naming a bad option, or if the run does not fit into memory, files cannot be written, or a loss is
 * not finite any more.
 */
export async function train(
  values: NewRunOptions,
  callbacks: TrainCallbacks = {},
): Promise<TrainedRun> {
  const options = await newRunOptions([{ source: "train()", values: { ...values } }]);
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
