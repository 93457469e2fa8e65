/** A run as the original program's variables: a TensorFlow checkpoint, or a safetensors file of the same tensors. */
import { dirname, join } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { writeSafetensors } from "../../data/formats/safetensors.ts";
import { writeBundle, writeLatest } from "../../data/formats/tensorflow/mod.ts";
import { SYSTEM_NAMES } from "../../nn/models/systems.ts";
import { latestCheckpoint, readCheckpoint } from "../../run/checkpoint.ts";
import { withoutPrior } from "../../run/prior_state.ts";
import { modelOf } from "../../run/config.ts";
import { SCENE_ORIENTATION } from "./reference_layout.ts";
import { referenceVariables, wholeNumber } from "./reference_state.ts";
import { runFolder } from "../../run/run_folder.ts";

/** What to export, and where to. */
export interface ExportOptions {
  /** Run folder. */
  readonly root: string;
  /** Checkpoint; the newest if left out. */
  readonly step?: number;
  readonly format: "tensorflow" | "safetensors";
  /** Prefix of the checkpoint, or path of the safetensors file, whose ending may be left out. */
  readonly out: string;
  /** Also Adam's moments and powers, which the original program does not save itself. */
  readonly adam: boolean;
}

/** What was written. */
export interface ExportResult {
  readonly files: readonly string[];
  readonly variables: number;
  readonly step: number;
  /**
   * Whether the weights want scenes with all three axes reversed: the original program pads after a volume where this
   * one pads before it, so its networks are the mirror images of ours (docs/weights.md).
   */
  readonly reversed: boolean;
}

/** Writes a checkpoint of a run for the original program. @throws {UserError} if a file cannot be read or written. */
export async function exportReference({ root, step, format, out, adam }: ExportOptions): Promise<ExportResult> {
  const path = await latestCheckpoint(runFolder(root).checkpoints, step);
  // The original program knows no prior, and so none of its iterations.
  const checkpoint = withoutPrior(await readCheckpoint(path));
  const { options, tensors } = checkpoint;
  if (options.model !== SYSTEM_NAMES[0]) {
    throw new UserError(
      `${root} is a run of model ${options.model}, for which the original program has no variables; only runs of ` +
        `${SYSTEM_NAMES[0]} can be exported`,
    );
  }
  if (options.generator !== "dense") {
    throw new UserError(
      `${root} has a generator that begins with a convolution (generator ${options.generator}), for which the original ` +
        `program has no variables; only runs of --generator dense can be exported`,
    );
  }
  const variables = referenceVariables(tensors, modelOf(options), checkpoint.step, adam ? options : null);
  const result = { variables: variables.size, step: checkpoint.step, reversed: !options.mirrored };
  if (format === "tensorflow") {
    if (result.reversed) variables.set(SCENE_ORIENTATION.variable, () => wholeNumber(1));
    const { index, data } = await writeBundle(out, variables);
    const latest = await noteLatest(out);
    return { ...result, files: [index, data, ...latest] };
  }
  const file = out.endsWith(".safetensors") ? out : `${out}.safetensors`;
  await writeSafetensors(file, new Map([...variables].map(([name, make]) => [name, make()])), {
    format: "variables of the original program, TensorFlow's layout",
    step: String(checkpoint.step),
    [SCENE_ORIENTATION.metadata]: result.reversed ? SCENE_ORIENTATION.reversed : SCENE_ORIENTATION.straight,
  });
  return { ...result, files: [file] };
}

/** Writes TensorFlow's `checkpoint` file unless the folder has one, which may be about other checkpoints. */
async function noteLatest(prefix: string): Promise<string[]> {
  const path = join(dirname(prefix), "checkpoint");
  try {
    await Deno.stat(path);
    return [];
  } catch {
    await writeLatest(prefix);
    return [path];
  }
}
