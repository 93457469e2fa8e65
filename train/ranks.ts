/** A run on several ranks: how all get to know it, and how an error of one ends all. */
import { setTimeout as delay } from "node:timers/promises";
import { errorText } from "../base/command.ts";
import { UserError } from "../base/errors.ts";
import { tell } from "../base/output.ts";
import { VERSION } from "../base/version.ts";
import type { TensorData } from "../data/formats/safetensors.ts";
import { ordinalOf } from "../nn/backend/device_name.ts";
import { gatherTexts, type Group, shared } from "../nn/group/group.ts";
import type { Checkpoint } from "../run/checkpoint.ts";
import type { TrainOptions } from "../run/config.ts";
import { runFolder } from "../run/run_folder.ts";
import { partOf } from "./batch_part.ts";
import type { PreparedRun } from "./prepare.ts";

/** How long a launcher may take to pass on what a rank wrote before all ranks end, in milliseconds. */
const OUTPUT_TIME = 500;
/** How long a rank leaves it to those before it to speak of an error that all may have, in milliseconds. */
const SILENCE = 2000, SILENCE_PER_RANK = 250;

/**
 * The options of one rank of a run: its part of each batch, its GPU or its share of the cores.
 * @throws {UserError} if the ranks cannot take equal parts.
 */
export function ofRank(options: TrainOptions, group: Group): TrainOptions {
  if (group.size === 1) return options;
  const part = partOf(options, group), ordinal = ordinalOf(options.device);
  if (ordinal !== null) return { ...part, device: `cuda:${ordinal + group.localRank}` };
  const cores = Math.max(1, Math.floor(navigator.hardwareConcurrency / group.sharingCores));
  return { ...part, threads: options.threads || cores };
}

/** @throws {UserError} if the ranks run different versions of this program. */
export function checkVersions(group: Group): void {
  const versions = gatherTexts(group, VERSION), [first] = versions, rank = versions.findIndex((each) => each !== first);
  if (rank < 0) return;
  throw new UserError(
    `rank ${rank} runs version ${versions[rank]} of this program, rank 0 version ${first}; ` +
      `install the same on every host`,
  );
}

/** Collective: the run that rank 0 prepared, on every rank; the folder stays with rank 0. */
export function sharedRun(group: Group, run: PreparedRun | null): PreparedRun {
  if (group.size === 1) return run!;
  const { options, root } = shared(group, run && { options: run.options, root: run.folder.root })!;
  const checkpoint = sharedCheckpoint(group, run?.checkpoint ?? null);
  return run ?? { options, folder: { ...runFolder(root), [Symbol.dispose]() {} }, checkpoint };
}

/** Elements of the tensors of a checkpoint. */
const ARRAYS = { F32: Float32Array, I32: Int32Array } as const;

function sharedCheckpoint(group: Group, checkpoint: Checkpoint | null): Checkpoint | null {
  const described = shared(group, checkpoint && { ...checkpoint, tensors: [...checkpoint.tensors].map(descriptionOf) });
  if (described === null) return null;
  const tensors = described.tensors.map(({ name, dtype, shape, length }): [string, TensorData] => {
    const data = checkpoint?.tensors.get(name)?.data ?? new ARRAYS[dtype as keyof typeof ARRAYS](length);
    group.broadcast(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return [name, { dtype, shape, data }];
  });
  return { ...described, tensors: new Map(tensors) };
}

function descriptionOf([name, { dtype, shape, data }]: [string, TensorData]) {
  return { name, dtype, shape, length: data.length };
}

/**
 * Does the work of a rank. An error of one ends the processes of all with exit code 1, after one of them said what it
 * was: rank 0 if it has it too, as for a flag that all were given.
 */
export async function asRank(group: Group, work: () => Promise<void>): Promise<void> {
  if (group.size === 1) return await work();
  try {
    await work();
    group.finish();
  } catch (error) {
    if (group.rank > 0) await delay(SILENCE + SILENCE_PER_RANK * group.rank);
    tell(errorText(error) + "\n");
    await delay(OUTPUT_TIME);
    group.abort(1);
  }
}
