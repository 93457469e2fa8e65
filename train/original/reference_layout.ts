/** Where the tensors of a run are in a checkpoint of the original program: names, shapes, Adam's slots. */
import { REFERENCE_VARIABLES, type ReferenceVariable } from "../../data/reference_weights.ts";
import { CountingBackend } from "../../nn/backend/counting_backend.ts";
import type { ModelConfig } from "../../nn/models/config.ts";
import { type NetworkName, Networks } from "../../nn/models/networks.ts";
import type { Shape } from "../../nn/shape.ts";
import type { OptimizerName } from "../phases.ts";
import type { PhaseName } from "../schedule.ts";

/** A learned tensor in both programs. */
export interface ReferenceTensor extends ReferenceVariable {
  /** Shape in the original's layout. */
  readonly shape: Shape;
  /** Shape in ours. */
  readonly ourShape: Shape;
  /** First element in the buffer of its network, which Adam's moments share. */
  readonly offset: number;
}

/** A network's tensors and the size of the buffer that holds them. */
export interface ReferenceNetwork {
  /** Elements of the buffer, with alignment. */
  readonly size: number;
  readonly tensors: readonly ReferenceTensor[];
  /** Batch norms: name and number of channels. */
  readonly norms: readonly { readonly name: string; readonly channels: number }[];
}

/** Every learned tensor of networks of these sizes, by network. */
export function referenceNetworks(config: ModelConfig): Record<NetworkName, ReferenceNetwork> {
  using backend = new CountingBackend();
  using networks = new Networks(backend, config);
  const describe = (name: NetworkName): ReferenceNetwork => {
    const set = networks.parametersOf(name);
    return {
      size: set.values.shape[0],
      norms: set.statistics.map(({ name, value }) => ({ name, channels: value.shape[1] })),
      tensors: REFERENCE_VARIABLES.filter(({ network }) => network === name).map((variable) => {
        const { shape, layout } = set.get(variable.parameter);
        return { ...variable, shape: referenceShape(variable, shape), ourShape: shape, offset: layout.offset };
      }),
    };
  };
  return {
    encoder: describe("encoder"),
    generator: describe("generator"),
    discriminator: describe("discriminator"),
    codeDiscriminator: describe("codeDiscriminator"),
    refiner: describe("refiner"),
  };
}

/** Filters `[b, kd, kh, kw, a]` are `[kd, kh, kw, a, b]` there; everything else has the same shape. */
function referenceShape({ kind }: ReferenceVariable, shape: Shape): Shape {
  return kind === "filter" ? [...shape.slice(1), shape[0]] : shape;
}

/** A variable that the original program saves although none of its layers reads it. */
export interface UnreadVariable {
  readonly name: string;
  readonly shape: Shape;
  /** The value that changes nothing: 1 for gains, 0 for the rest. */
  readonly neutral: 0 | 1;
}

/** Those variables, for networks of these sizes. */
export function unreadVariables({ channels, classes, latentChannels }: ModelConfig): UnreadVariable[] {
  const norm = (gain: string, bias: string, shape: Shape): UnreadVariable[] => [
    { name: gain, shape, neutral: 1 },
    { name: bias, shape, neutral: 0 },
  ];
  return [
    ...norm("encode_bn_g1", "encode_bn_b1", [channels[0]]),
    { name: "encode_W5_sigma", shape: [1, 1, 1, channels[3], latentChannels], neutral: 0 },
    ...norm("gen_bn_g5", "gen_bn_b5", [classes]),
    ...norm("discrim_bn_g1", "discrim_bn_b1", [1]),
  ];
}

/** How the original program names one of its Adam states. */
export interface ReferenceOptimizer {
  readonly name: OptimizerName;
  readonly network: NetworkName;
  /** Stage of training that it belongs to. */
  readonly stage: PhaseName;
  /** How often it steps in an iteration of that stage. */
  readonly stepsAnIteration: number;
  /** Slot of the first moment: `<variable>/<m>`. */
  readonly m: string;
  /** Slot of the second moment. */
  readonly v: string;
  /** `beta1_power` and `beta2_power` with this ending are β^(steps + 1). */
  readonly powers: string;
}

/** The Adam states in the order in which the original program makes them. */
export const REFERENCE_OPTIMIZERS: readonly ReferenceOptimizer[] = [
  optimizer("encoder", "encoder", "base", 2, ""),
  optimizer("discriminator", "discriminator", "base", 1, "_1"),
  optimizer("generator", "generator", "base", 2, "_2"),
  optimizer("codeDiscriminator", "codeDiscriminator", "base", 1, "_3"),
  optimizer("refiner", "refiner", "refine", 1, "_4"),
  { ...optimizer("discriminatorRefine", "discriminator", "refine", 1, "_5"), m: "Adam_2", v: "Adam_3" },
];

function optimizer(
  name: OptimizerName,
  network: NetworkName,
  stage: PhaseName,
  stepsAnIteration: number,
  powers: string,
): ReferenceOptimizer {
  return { name, network, stage, stepsAnIteration, m: "Adam", v: "Adam_1", powers };
}

/** Number of iterations of both stages. */
export const GLOBAL_STEP = "global_step";

/**
 * What exports say about the scenes that their networks want, which are the mirror image of the original program's: in
 * a TensorFlow checkpoint, which has no place for remarks, a variable of ours that is 1 if all three axes are reversed
 * (the original program restores its own variables by name and passes over it), in a safetensors file its metadata.
 */
export const SCENE_ORIENTATION = {
  variable: "fcr_scenes_reversed",
  metadata: "scenes",
  reversed: "all three axes reversed",
  straight: "as they are",
} as const;
