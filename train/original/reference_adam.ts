/** Adam's state in a checkpoint of the original program, where it was saved. */
import type { TensorData } from "../../data/formats/safetensors.ts";
import type { ModelConfig } from "../../nn/models/config.ts";
import { PAPER_ADAM } from "../../nn/optim/adam.ts";
import { sameShape } from "../../nn/shape.ts";
import {
  REFERENCE_OPTIMIZERS,
  referenceNetworks,
  type ReferenceOptimizer,
  type ReferenceTensor,
} from "./reference_layout.ts";
import { cellsOf, momentFromReference, wholeNumber } from "./reference_state.ts";
import type { ReferenceSource } from "./reference_source.ts";

/** Below this a power of β has lost digits or is 0, and does not tell the number of steps. */
const LEAST_POWER = 1e-30;

/** Adam states found, and why others were left out. */
export interface ImportedAdam {
  /** `adam.<name>.m`, `.v`, `.steps` as a run's checkpoint has them. */
  readonly tensors: Map<string, TensorData>;
  /** Steps taken by each state that was found; also those of 0 steps, which have no tensors. */
  readonly steps: ReadonlyMap<string, number>;
  /** A line for each state that is there in part. */
  readonly problems: readonly string[];
}

/**
 * Reads every Adam state that is complete. β is the original program's, which its checkpoints do not tell.
 * @param stepsWithoutPower steps of a state whose β powers are too small to tell.
 */
export async function readAdam(
  source: ReferenceSource,
  config: ModelConfig,
  stepsWithoutPower: (optimizer: ReferenceOptimizer) => number,
): Promise<ImportedAdam> {
  const networks = referenceNetworks(config), cells = cellsOf(config);
  const tensors = new Map<string, TensorData>(), steps = new Map<string, number>(), problems: string[] = [];
  for (const optimizer of REFERENCE_OPTIMIZERS) {
    const network = networks[optimizer.network];
    const slots = network.tensors.flatMap((tensor) => [optimizer.m, optimizer.v].map((slot) => slotOf(tensor, slot)));
    const present = slots.filter(({ name }) => source.shapes.has(name));
    if (present.length === 0) continue;
    const bad = slots.filter(({ name, shape }) => !sameShape(source.shapes.get(name) ?? [-1], shape));
    const powers = [`beta1_power${optimizer.powers}`, `beta2_power${optimizer.powers}`];
    const missing = [...bad.map(({ name }) => name), ...powers.filter((name) => !source.shapes.has(name))];
    if (missing.length > 0) {
      problems.push(`Adam of ${optimizer.name} starts anew, missing or misshapen: ${missing.join(", ")}`);
      continue;
    }
    const [power] = await source.floats(powers[1]);
    const taken = power > LEAST_POWER
      ? Math.max(0, Math.round(Math.log(power) / Math.log(PAPER_ADAM.beta2)) - 1)
      : stepsWithoutPower(optimizer);
    steps.set(optimizer.name, taken);
    if (taken === 0) continue;
    for (const [moment, slot] of [["m", optimizer.m], ["v", optimizer.v]] as const) {
      const values = new Map<string, Float32Array>();
      for (const { name } of network.tensors) values.set(name, await source.floats(`${name}/${slot}`));
      const tensor = momentFromReference(network, cells, ({ name }) => values.get(name)!);
      tensors.set(`adam.${optimizer.name}.${moment}`, tensor);
    }
    tensors.set(`adam.${optimizer.name}.steps`, wholeNumber(taken));
  }
  return { tensors, steps, problems };
}

function slotOf({ name, shape }: ReferenceTensor, slot: string): Pick<ReferenceTensor, "name" | "shape"> {
  return { name: `${name}/${slot}`, shape };
}
