/** The stage that trains a prior on the codes of the frozen encoder. */
import type { TensorData } from "../../data/formats/safetensors.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import { type Group, solo } from "../../nn/group/group.ts";
import type { Tensor } from "../../nn/tensor.ts";
import type { TrainOptions } from "../../run/config.ts";
import type { State } from "../../run/network_state.ts";
import { hasPrior, measuredTensors } from "../../run/prior_state.ts";
import { emptyBatch, fillBatch, type PriorBatch, type PriorCodes } from "./prior_batch.ts";
import { PriorTrainer, priorTraining } from "./prior_trainer.ts";

/** A prior in training on the codes of a run. */
export class PriorStage implements Disposable {
  readonly #codes: PriorCodes;
  readonly #trainer: PriorTrainer;
  readonly #batch: PriorBatch;
  readonly #seed: number;

  private constructor(codes: PriorCodes, trainer: PriorTrainer, { priorBatch, seed }: TrainOptions) {
    this.#codes = codes;
    this.#trainer = trainer;
    this.#batch = emptyBatch(codes, priorBatch);
    this.#seed = seed;
  }

  /**
   * A prior for these codes, which goes on from `state` if that has one; `options` are those of one rank of the group.
   * @throws {UserError} naming `source` if the state is of another prior.
   */
  static open(
    backend: Backend,
    codes: PriorCodes,
    options: TrainOptions,
    state: State | null,
    source: string,
    group: Group = solo(),
  ): PriorStage {
    using guard = new DisposableStack();
    const training = priorTraining(options), { seed } = options;
    const trainer = guard.use(new PriorTrainer(backend, codes.config, training, seed, undefined, group));
    if (state && hasPrior(state)) trainer.restore(state, source);
    guard.move();
    return new PriorStage(codes, trainer, options);
  }

  /** Labels that can be asked for. */
  get labels(): readonly string[] {
    return this.#codes.labels;
  }

  /** Learns from the batch of an iteration; if `reads`, tells the loss. `onGradients` as of `Trainer.iterate`. */
  iterate(
    iteration: number,
    reads: boolean,
    onGradients?: (network: string, gradients: Tensor) => void,
  ): Record<string, number> | null {
    const { rank, size } = this.#trainer.group;
    fillBatch(this.#batch, this.#codes, this.#seed, iteration, { index: rank, of: size });
    this.#trainer.step(this.#batch, iteration, (gradients) => onGradients?.("prior", gradients));
    return reads ? this.readLosses() : null;
  }

  /** The loss of the last iteration. */
  readLosses(): Record<string, number> {
    return { prior_loss: this.#trainer.readLoss() };
  }

  /** What a checkpoint has of the prior. */
  capture(): Map<string, TensorData> {
    return new Map([...measuredTensors(this.#codes), ...this.#trainer.capture()]);
  }

  /** Gives all memory back. */
  [Symbol.dispose](): void {
    this.#trainer[Symbol.dispose]();
  }
}
