/** A trained run in little: the weights that encode, decode and sample rooms, in 16 bits, with the run's options. */
import { basename, join, resolve } from "@std/path";
import { UserError } from "../base/errors.ts";
import { exists, writeFileAtomic } from "../base/files.ts";
import type { TensorData } from "../data/formats/safetensors.ts";
import { latestCheckpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { narrowed } from "./half_weights.ts";
import { configJson, figuresOf, licenseOf, modelCard } from "./model_card.ts";
import { hasRefiner, REFINER_STEPS, type State } from "./network_state.ts";
import { optionsJson } from "./options.ts";
import { hasPrior } from "./prior_state.ts";
import { releaseFiles, runFolder } from "./run_folder.ts";

/** Tensors that only training needs. */
const TRAINING = /^(discriminator|codeDiscriminator|adam|prior\.training)\./;
/** What was measured, not learned, keeps its precision: codes are scaled by it. */
const MEASURED = /\.statistics$|^prior\.(codes|knownCodes|gaussian)\./;

/** What to release. */
export interface ReleaseOptions {
  /** Checkpoint of the run; the newest if left out. */
  readonly step?: number;
  /** The hub's identifier of the licence; see {@link licenseOf} if left out. */
  readonly license?: string;
}

/** What of a checkpoint makes rooms, in 16 bits. @throws {UserError} naming `path` and a weight beyond their range */
export function releasedTensors(all: State, path: string): Map<string, TensorData> {
  const refines = hasRefiner(all), tensors = new Map<string, TensorData>();
  for (const [name, tensor] of all) {
    if (name === REFINER_STEPS || MEASURED.test(name)) tensors.set(name, tensor);
    else if (!TRAINING.test(name) && (refines || !name.startsWith("refiner."))) {
      tensors.set(name, narrowed(tensor, `${path}: ${name}`));
    }
  }
  return tensors;
}

/**
 * Writes a checkpoint of a run as a run folder of its own: its options and one checkpoint of which rooms can be made but
 * no training goes on, with a card, the pictures of its evaluation and a config.json for the Hugging Face hub. A
 * README.md that is there already stays as somebody wrote it. If anything fails, what was written goes again.
 *
 * @returns the checkpoint's path.
 * @throws {UserError} if there is none, a weight is beyond the range of 16 bits, `license` is no identifier, or `out`
 * holds a run.
 */
export async function releaseRun(root: string, out: string, { step, license }: ReleaseOptions = {}): Promise<string> {
  const path = await latestCheckpoint(runFolder(root).checkpoints, step);
  const checkpoint = await readCheckpoint(path), to = runFolder(out);
  if (await exists(to.options)) throw new UserError(`${out} holds a run already; choose another folder`);
  const refines = hasRefiner(checkpoint.tensors), tensors = releasedTensors(checkpoint.tensors, path);
  const networks = ["encoder", "generator", ...refines ? ["refiner"] : [], ...hasPrior(tensors) ? ["prior"] : []];
  const figures = await figuresOf(root, checkpoint.step);
  const description = {
    name: basename(resolve(out)),
    license: licenseOf(checkpoint.options.data, license),
    networks,
    figures,
  };
  await using undo = new AsyncDisposableStack();
  const removing = (path: string) => undo.defer(() => Deno.remove(path).catch(() => {})); // folders if they are empty
  const write = async (path: string, content: string | Uint8Array) => {
    if (!await exists(path)) removing(path);
    await writeFileAtomic(path, content);
  };
  [out, to.checkpoints].forEach(removing);
  const weights = await writeCheckpoint(to.checkpoints, { ...checkpoint, tensors });
  removing(weights);
  const { card, config } = releaseFiles(out);
  await write(config, configJson(checkpoint, networks, out, weights));
  for (const { file, png } of figures.pictures) await write(join(out, file), png);
  if (!await exists(card)) await write(card, modelCard(checkpoint, description));
  await write(to.options, optionsJson(checkpoint.options)); // which makes a run of it
  undo.move();
  return weights;
}
