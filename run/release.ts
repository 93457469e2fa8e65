/** A trained run in little: the weights that encode, decode and sample rooms, in 16 bits, with the run's options. */
import { UserError } from "../base/errors.ts";
import { exists, writeFileAtomic } from "../base/files.ts";
import type { TensorData } from "../data/formats/safetensors.ts";
import { latestCheckpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { narrowed } from "./half_weights.ts";
import { hasRefiner, REFINER_STEPS } from "./network_state.ts";
import { optionsJson } from "./options.ts";
import { runFolder } from "./run_folder.ts";

/** Tensors that only training needs. */
const TRAINING = /^(discriminator|codeDiscriminator|adam|prior\.training)\./;
/** What was measured, not learned, keeps its precision: codes are scaled by it. */
const MEASURED = /\.statistics$|^prior\.(codes|knownCodes|gaussian)\./;

/**
 * Writes the newest checkpoint of a run, or that of `step`, as a run folder of its own: its options and one checkpoint of
 * which rooms can be made but no training goes on.
 *
 * @returns the checkpoint's path.
 * @throws {UserError} if there is none, a weight is beyond the range of 16 bits, or `out` holds a run.
 */
export async function releaseRun(root: string, out: string, step?: number): Promise<string> {
  const path = await latestCheckpoint(runFolder(root).checkpoints, step);
  const checkpoint = await readCheckpoint(path), to = runFolder(out);
  if (await exists(to.options)) throw new UserError(`${out} holds a run already; choose another folder`);
  const refines = hasRefiner(checkpoint.tensors);
  const tensors = new Map<string, TensorData>();
  for (const [name, tensor] of checkpoint.tensors) {
    if (name === REFINER_STEPS || MEASURED.test(name)) tensors.set(name, tensor);
    else if (!TRAINING.test(name) && (refines || !name.startsWith("refiner."))) {
      tensors.set(name, narrowed(tensor, `${path}: ${name}`));
    }
  }
  await writeFileAtomic(to.options, optionsJson(checkpoint.options));
  return await writeCheckpoint(to.checkpoints, { ...checkpoint, tensors });
}
