/**
 * One batch on its way through the networks, shared by the steps of an iteration.
 *
 * The published schedule runs every step on a fresh forward pass with the weights of that moment. What did not change
 * since the last step is not computed again: the codes of the encoder while the encoder stays as it is, and in the
 * refine stage the generator's volumes.
 */
import type { Networks } from "../nn/models/networks.ts";
import { oneHot } from "../nn/ops/one_hot.ts";
import { classWeights, type ReconstructionTarget, softmax } from "../nn/ops/reconstruction.ts";
import type { ParameterSet } from "../nn/parameters.ts";
import { Tape } from "../nn/tape.ts";
import type { Tensor } from "../nn/tensor.ts";

/** A loss as a part of a cost. */
export interface Loss {
  /** Its name. */
  readonly name: string;
  /** Where it is written, float32 `[1]`, without factor. */
  readonly value: Tensor;
  /** Its factor in the cost. */
  readonly weight: number;
}

/** What every iteration needs besides its batch. */
export interface IterationContext {
  /** Networks that the batch goes through; the steps update them meanwhile. */
  readonly networks: Networks;
  /** Where the steps write their losses: float32 `[1]` for each name. */
  readonly losses: { slot(name: string): Tensor };
  /** λ, the factor of the reconstruction loss. */
  readonly lambda: number;
  /** γ of the reconstruction loss. */
  readonly gamma: number;
  /** Whether the refiner computes activations again instead of keeping them; false by default. */
  readonly recomputes?: boolean;
}

/** Codes of the batch and the tape that they were computed on. */
interface Encoding {
  readonly tape: Tape;
  readonly codes: Tensor;
}

/** The state of one iteration. */
export class Iteration implements Disposable {
  /** Batch size. */
  readonly n: number;
  /** Whether the step at hand or a later one trains the encoder, so that codes are made on a tape that does. */
  trainsEncoder = false;
  /** Owns what outlives a step: class weights, and in the refine stage the generator's volumes. */
  readonly #own: Tape;
  readonly #classWeights: Tensor;
  #encoding: Encoding | null = null;
  #frozenVolumes: Tensor | null = null;

  /** `labels` uint8 `[n, D, H, W]`; `z` float32 `[n, …]` of the shape of codes, drawn from N(0, 1). */
  constructor(readonly context: IterationContext, readonly labels: Tensor, readonly z: Tensor) {
    this.n = labels.shape[0];
    this.#own = new Tape(context.networks.backend);
    this.#classWeights = classWeights(this.#own, labels, context.networks.config.classes);
  }

  /** The loss `name` with factor 1. */
  loss(name: string): Loss {
    return { name, value: this.context.losses.slot(name), weight: 1 };
  }

  /** The reconstruction loss against this batch, written as `name`, with factor λ. */
  target(name: string): ReconstructionTarget & Loss {
    const { labels, context: { gamma, lambda } } = this, loss = this.loss(name);
    return { ...loss, weight: lambda, labels, classWeights: this.#classWeights, gamma, loss: loss.value };
  }

  /** A tape that trains `sets`; for the encoder alone it is the one its codes are on. */
  tapeFor(sets: readonly ParameterSet[]): Tape {
    const { encoder, backend } = this.context.networks;
    if (sets.length === 1 && sets[0] === encoder.parameters) return this.encode().tape;
    return new Tape(backend, { trains: sets, recomputes: this.context.recomputes });
  }

  /** Whether `tape` is the one that the codes are on, which goes with them. */
  owns(tape: Tape): boolean {
    return this.#encoding?.tape === tape;
  }

  /** Codes of the batch `[n, …]`, on a tape that trains the encoder while {@link trainsEncoder}. */
  encode(): Encoding {
    const { encoder, backend, config } = this.context.networks;
    if (this.#encoding && this.trainsEncoder && this.#encoding.tape.trains.length === 0) this.forgetCodes();
    if (!this.#encoding) {
      using guard = new DisposableStack();
      const tape = guard.use(new Tape(backend, { trains: this.trainsEncoder ? encoder.parameters : null }));
      const codes = tape.scope(() => encoder.forward(tape, oneHot(tape, this.labels, config.classes)));
      guard.move();
      this.#encoding = { tape, codes };
    }
    return this.#encoding;
  }

  /** Says that the encoder changed, so that its codes are stale. */
  forgetCodes(): void {
    this.#encoding?.tape[Symbol.dispose]();
    this.#encoding = null;
  }

  /** `[first; second]` along the batch axis, on `tape`. */
  concatenate(tape: Tape, first: Tensor, second: Tensor): Tensor {
    const both = tape.allocate([first.shape[0] + second.shape[0], ...first.shape.slice(1)], "latent codes");
    const { backend } = this.context.networks;
    backend.copy({ byteLength: first.byteLength }, { x: first, y: both });
    const rest = { buffer: both.buffer, byteOffset: first.byteLength };
    backend.copy({ byteLength: second.byteLength }, { x: second, y: rest });
    return both;
  }

  /** `[x; two made-up scenes each]`: one-hot scenes `[3n, D, H, W, classes]` and the part for the others `[2n, …]`. */
  volumesWithReal(tape: Tape): { all: Tensor; made: Tensor } {
    const { classes } = this.context.networks.config;
    const all = tape.allocate([3 * this.n, ...this.labels.shape.slice(1), classes], "volumes", tape.activations);
    oneHot(tape, this.labels, classes, tape.own(all.slice(0, this.n)));
    return { all, made: tape.own(all.slice(this.n, 2 * this.n)) };
  }

  /** `[G(E(x)); G(z)]` with frozen encoder and generator, probabilities `[2n, D, H, W, classes]`; computed once. */
  frozenVolumes(): Tensor {
    if (!this.#frozenVolumes) {
      const { generator } = this.context.networks, own = this.#own;
      const codes = this.concatenate(own, this.encode().codes, this.z);
      const logits = generator.forward(own, codes, { groups: 2 });
      this.#frozenVolumes = softmax(own, logits, this.target("recons_loss"));
    }
    return this.#frozenVolumes;
  }

  /** Gives back what outlived the steps; labels and z stay with the caller. */
  [Symbol.dispose](): void {
    this.forgetCodes();
    this.#own[Symbol.dispose]();
  }
}
