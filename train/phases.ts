/**
 * The training schedule as data: which network each step trains, on which cost, and how its forward pass goes.
 *
 * Unknown voxels of real scenes are zeros to the encoder and the discriminator. Made-up scenes take on the unknown voxels
 * of the real scene at their place of the batch before the discriminator sees them, G(z) no less than G(E(x)): else it
 * would know real scenes by their holes (A. Bora, E. Price, A. Dimakis, "AmbientGAN: Generative models from lossy
 * measurements", ICLR 2018). The refiner sees whole volumes, as it does when it is used.
 */
import type { NetworkName } from "../nn/models/networks.ts";
import { type SystemName, SYSTEMS } from "../nn/models/systems.ts";
import { bceLogits } from "../nn/ops/bce_logits.ts";
import { sampleGaussian } from "../nn/ops/gaussian.ts";
import { oneHot } from "../nn/ops/one_hot.ts";
import { softmax } from "../nn/ops/reconstruction.ts";
import type { Tape } from "../nn/tape.ts";
import type { Tensor } from "../nn/tensor.ts";
import type { Iteration, Loss } from "./iteration.ts";
import type { PhaseName } from "./schedule.ts";

/** One optimiser step on the whole batch. */
export interface Step {
  /** The networks that learn; all others stay as they are. */
  readonly trains: readonly NetworkName[];
  /** The Adam state of each: the discriminator has one of its own in each stage. */
  readonly optimizers: readonly OptimizerName[];
  /** Name of the cost: the sum of the losses that {@link forward} returns, each times its weight. */
  readonly cost: string;
  /**
   * How many passes it takes, one after the other with a tape each, whose gradients add up: less has to be kept than
   * for the whole batch at once. Only where the parts see nothing of each other; 1 by default.
   */
  readonly passes?: number;
  /**
   * Computes the losses of the cost. `index`: which of the {@link passes}; the first returns all losses, a later one
   * those to which it adds.
   */
  forward(tape: Tape, pass: Iteration, index: number): readonly Loss[];
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

/** L_Ecode + λ·L_rec (paper, eq. for the encoder; docs/model.md, "Losses"). */
const encoderStep: Step = {
  trains: ["encoder"],
  optimizers: ["encoder"],
  cost: "cost_enc",
  forward(tape, pass) {
    const { generator, codeDiscriminator } = pass.context.networks;
    const { codes } = pass.encode();
    const target = pass.target("recons_loss"), loss = pass.loss("code_encode_loss");
    softmax(tape, generator.forward(tape, codes), target);
    bceLogits(tape, codeDiscriminator.forward(tape, codes), [{ start: 0, count: pass.n, target: 1 }], loss.value);
    return [loss, target];
  },
};

/** λ·L_rec + L_G, both made-up volumes as one batch. */
const generatorStep: Step = {
  trains: ["generator"],
  optimizers: ["generator"],
  cost: "cost_gen",
  forward(tape, pass) {
    const { generator, discriminator } = pass.context.networks;
    const codes = pass.concatenate(tape, pass.encode().codes, pass.z);
    const target = pass.target("recons_loss_gen"), loss = pass.loss("gen_loss");
    const made = softmax(tape, generator.forward(tape, codes, { groups: 2 }), target, pass.labels);
    bceLogits(tape, discriminator.forward(tape, made), bothMade(pass.n, 0, 1), loss.value);
    return [loss, target];
  },
};

/** L_D on [x; G(E(x)); G(z)]. */
const discriminatorStep: Step = {
  trains: ["discriminator"],
  optimizers: ["discriminator"],
  cost: "cost_discrim",
  forward(tape, pass) {
    const { generator, discriminator } = pass.context.networks;
    const { all, made } = pass.volumesWithReal(tape);
    tape.scope(() => {
      const codes = pass.concatenate(tape, pass.encode().codes, pass.z);
      return softmax(tape, generator.forward(tape, codes, { groups: 2, into: made }), null, pass.labels);
    });
    const loss = pass.loss("discrim_loss");
    bceLogits(tape, discriminator.forward(tape, all), realAndBothMade(pass.n), loss.value);
    return [loss];
  },
};

/** L_C on [z; E(x)], each with batch statistics of its own. */
const codeDiscriminatorStep: Step = {
  trains: ["codeDiscriminator"],
  optimizers: ["codeDiscriminator"],
  cost: "cost_code",
  forward(tape, pass) {
    const { n } = pass;
    const codes = pass.concatenate(tape, pass.z, pass.encode().codes);
    const logits = pass.context.networks.codeDiscriminator.forward(tape, codes, 2);
    const parts = [{ start: 0, count: n, target: 1 }, { start: n, count: n, target: 0 }] as const;
    const loss = pass.loss("code_discrim_loss");
    bceLogits(tape, logits, parts, loss.value);
    return [loss];
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
  passes: 2,
  forward(tape, pass, index) {
    const { refiner, discriminator } = pass.context.networks;
    const logits = refiner.forward(tape, half(tape, pass.frozenVolumes(), index));
    const target = index === 0 ? pass.target("recons_loss_refine") : null, loss = pass.loss("gen_loss_refine");
    const refined = softmax(tape, logits, target, pass.labels);
    const parts = [{ start: 0, count: pass.n, target: 1 }] as const;
    bceLogits(tape, discriminator.forward(tape, refined), parts, loss.value, index > 0);
    return target ? [loss, target] : [loss];
  },
};

/** L_D on [x; R(G(E(x))); R(G(z))]. */
const refineDiscriminatorStep: Step = {
  trains: ["discriminator"],
  optimizers: ["discriminatorRefine"],
  cost: "cost_discrim_ref",
  forward(tape, pass) {
    const { refiner, discriminator } = pass.context.networks;
    const { all, made } = pass.volumesWithReal(tape);
    for (const index of [0, 1]) {
      const volumes = half(tape, pass.frozenVolumes(), index);
      tape.scope(() => softmax(tape, refiner.forward(tape, volumes, half(tape, made, index)), null, pass.labels));
    }
    const loss = pass.loss("discrim_loss_refine");
    bceLogits(tape, discriminator.forward(tape, all), realAndBothMade(pass.n), loss.value);
    return [loss];
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
  forward(tape, pass) {
    const { encoder, generator, config } = pass.context.networks;
    const target = pass.target("recons_loss"), loss = pass.loss("kl_loss");
    const codes = tape.scope(() => {
      const distribution = encoder.distribution(tape, oneHot(tape, pass.labels, config.classes));
      return sampleGaussian(tape, distribution, pass.z, loss.value);
    });
    softmax(tape, generator.forward(tape, codes), target);
    return [loss, target];
  },
};

/** The stages of one system's training. */
export type Schedule = Readonly<Record<PhaseName, Phase>>;

/** The published schedule (docs/model.md, "Schedule"). */
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
