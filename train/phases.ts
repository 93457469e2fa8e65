/** The training schedule as data: which network each step trains, on which cost, and how its forward pass goes. */
import type { NetworkName } from "../nn/models/networks.ts";
import { type SystemName, SYSTEMS } from "../nn/models/systems.ts";
import { bceLogits } from "../nn/ops/bce_logits.ts";
import { sampleGaussian } from "../nn/ops/gaussian.ts";
import { oneHot } from "../nn/ops/one_hot.ts";
import { softmax } from "../nn/ops/reconstruction.ts";
import type { Tape } from "../nn/tape.ts";
import type { Tensor } from "../nn/tensor.ts";
import type { Iteration } from "./iteration.ts";

/** The two stages of training. */
export type PhaseName = "base" | "refine";

/** One optimiser step on the whole batch. */
export interface Step {
  /** The networks that learn; all others stay as they are. */
  readonly trains: readonly NetworkName[];
  /** The Adam state of each: the discriminator has one of its own in each stage. */
  readonly optimizers: readonly OptimizerName[];
  /** Name of the cost: Σ of its terms, each a loss that {@link forward} writes, λ times if it is a reconstruction. */
  readonly cost: string;
  /** Losses of the cost, without factor. */
  readonly terms: readonly string[];
  /** Losses of the cost that are multiplied by λ. */
  readonly lambdaTerms: readonly string[];
  /**
   * How many passes it takes, one after the other with a tape each, whose gradients add up: less has to be kept than
   * for the whole batch at once. Only where the parts see nothing of each other; 1 by default.
   */
  readonly passes?: number;
  /**
   * Computes the losses. `encoderTrainsLater`: a later step of the iteration can go on from this step's codes. `index`:
   * which of the {@link passes}; a loss is written by the first that has a share in it and added to by the others.
   */
  forward(tape: Tape, pass: Iteration, encoderTrainsLater: boolean, index: number): void;
}

/** Names of the Adam states. */
export type OptimizerName = NetworkName | "discriminatorRefine";

/** A stage: its steps in the order of one iteration. */
export interface Phase {
  /** Name of the stage, as options, checkpoints and statistics have it. */
  readonly name: PhaseName;
  /** Which network each step trains and for which cost. */
  readonly steps: readonly Step[];
}

/** L_Ecode + λ·L_rec (paper, eq. for the encoder; model.md "Losses"). */
const encoderStep: Step = {
  trains: ["encoder"],
  optimizers: ["encoder"],
  cost: "cost_enc",
  terms: ["code_encode_loss"],
  lambdaTerms: ["recons_loss"],
  forward(tape, pass) {
    const { generator, codeDiscriminator } = pass.context.networks;
    const { codes } = pass.encode(true);
    softmax(tape, generator.forward(tape, codes), pass.target("recons_loss"));
    const logits = codeDiscriminator.forward(tape, codes);
    bceLogits(tape, logits, [{ start: 0, count: pass.n, target: 1 }], pass.loss("code_encode_loss"));
  },
};

/** λ·L_rec + L_G, both made-up volumes as one batch. */
const generatorStep: Step = {
  trains: ["generator"],
  optimizers: ["generator"],
  cost: "cost_gen",
  terms: ["gen_loss"],
  lambdaTerms: ["recons_loss_gen"],
  forward(tape, pass, encoderTrainsLater) {
    const { generator, discriminator } = pass.context.networks;
    const codes = pass.concatenate(tape, pass.encode(encoderTrainsLater).codes, pass.z);
    const made = softmax(tape, generator.forward(tape, codes, { groups: 2 }), pass.target("recons_loss_gen"));
    bceLogits(tape, discriminator.forward(tape, made), bothMade(pass.n, 0, 1), pass.loss("gen_loss"));
  },
};

/** L_D on [x; G(E(x)); G(z)]. */
const discriminatorStep: Step = {
  trains: ["discriminator"],
  optimizers: ["discriminator"],
  cost: "cost_discrim",
  terms: ["discrim_loss"],
  lambdaTerms: [],
  forward(tape, pass) {
    const { generator, discriminator } = pass.context.networks;
    const { all, made } = pass.volumesWithReal(tape);
    tape.scope(() => {
      const codes = pass.concatenate(tape, pass.encode(false).codes, pass.z);
      return softmax(tape, generator.forward(tape, codes, { groups: 2, into: made }));
    });
    bceLogits(tape, discriminator.forward(tape, all), realAndBothMade(pass.n), pass.loss("discrim_loss"));
  },
};

/** L_C on [z; E(x)], each with batch statistics of its own. */
const codeDiscriminatorStep: Step = {
  trains: ["codeDiscriminator"],
  optimizers: ["codeDiscriminator"],
  cost: "cost_code",
  terms: ["code_discrim_loss"],
  lambdaTerms: [],
  forward(tape, pass) {
    const { n } = pass;
    const codes = pass.concatenate(tape, pass.z, pass.encode(false).codes);
    const logits = pass.context.networks.codeDiscriminator.forward(tape, codes, 2);
    const parts = [{ start: 0, count: n, target: 1 }, { start: n, count: n, target: 0 }] as const;
    bceLogits(tape, logits, parts, pass.loss("code_discrim_loss"));
  },
};

/**
 * λ·L_rec(R(x_rec)) + L_G on the refined volumes; encoder and generator are frozen. Neither the refiner nor the
 * discriminator has statistics over a batch, so R(x_rec) and R(x_gen) pass one after the other.
 */
const refinerStep: Step = {
  trains: ["refiner"],
  optimizers: ["refiner"],
  cost: "cost_gen_ref",
  terms: ["gen_loss_refine"],
  lambdaTerms: ["recons_loss_refine"],
  passes: 2,
  forward(tape, pass, _encoderTrainsLater, index) {
    const { refiner, discriminator } = pass.context.networks;
    const logits = refiner.forward(tape, half(tape, pass.frozenVolumes(), index));
    const refined = softmax(tape, logits, index === 0 ? pass.target("recons_loss_refine") : null);
    const parts = [{ start: 0, count: pass.n, target: 1 }] as const;
    bceLogits(tape, discriminator.forward(tape, refined), parts, pass.loss("gen_loss_refine"), index > 0);
  },
};

/** L_D on [x; R(G(E(x))); R(G(z))]. */
const refineDiscriminatorStep: Step = {
  trains: ["discriminator"],
  optimizers: ["discriminatorRefine"],
  cost: "cost_discrim_ref",
  terms: ["discrim_loss_refine"],
  lambdaTerms: [],
  forward(tape, pass) {
    const { refiner, discriminator } = pass.context.networks;
    const { all, made } = pass.volumesWithReal(tape);
    for (const index of [0, 1]) {
      const volumes = half(tape, pass.frozenVolumes(), index);
      tape.scope(() => softmax(tape, refiner.forward(tape, volumes, half(tape, made, index))));
    }
    bceLogits(tape, discriminator.forward(tape, all), realAndBothMade(pass.n), pass.loss("discrim_loss_refine"));
  },
};

/**
 * λ·L_rec + KL, encoder and generator together, on codes drawn from the encoder's distributions with z as the noise
 * (Kingma & Welling, "Auto-Encoding Variational Bayes", 2014).
 */
const variationalStep: Step = {
  trains: ["encoder", "generator"],
  optimizers: ["encoder", "generator"],
  cost: "cost_vae",
  terms: ["kl_loss"],
  lambdaTerms: ["recons_loss"],
  forward(tape, pass) {
    const { encoder, generator, config } = pass.context.networks;
    const codes = tape.scope(() => {
      const distribution = encoder.distribution(tape, oneHot(tape, pass.labels, config.classes));
      return sampleGaussian(tape, distribution, pass.z, pass.loss("kl_loss"));
    });
    softmax(tape, generator.forward(tape, codes), pass.target("recons_loss"));
  },
};

/** The stages of one system's training. */
export type Schedule = Readonly<Record<PhaseName, Phase>>;

/** The published schedule (model.md "Schedule"). */
export const PHASES: Schedule = {
  base: {
    name: "base",
    steps: [encoderStep, generatorStep, encoderStep, generatorStep, discriminatorStep, codeDiscriminatorStep],
  },
  refine: { name: "refine", steps: [refinerStep, refineDiscriminatorStep] },
};

/**
 * The schedule of the variational baselines: as many steps of encoder and generator on each batch as in {@link PHASES},
 * so that equal iterations are equal budgets of both; nothing to refine with.
 */
const VARIATIONAL_PHASES: Schedule = {
  base: { name: "base", steps: [variationalStep, variationalStep] },
  refine: { name: "refine", steps: [] },
};

/** How a system is trained. */
export function scheduleOf(system: SystemName): Schedule {
  return SYSTEMS[system].variational ? VARIATIONAL_PHASES : PHASES;
}

/** The first or the second half of a batch, in the same memory. */
function half(tape: Tape, batch: Tensor, index: number): Tensor {
  const count = batch.shape[0] / 2;
  return tape.own(batch.slice(index * count, count));
}

function bothMade(n: number, start: number, target: 0 | 1) {
  return [{ start, count: n, target }, { start: start + n, count: n, target }];
}

function realAndBothMade(n: number) {
  return [{ start: 0, count: n, target: 1 } as const, ...bothMade(n, n, 0)];
}
