/** Trains a prior on codes; knows nothing of scenes, files or the terminal. */
import type { TensorData } from "../../data/formats/safetensors.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import { average } from "../../nn/group/across_ranks.ts";
import { averaged, type Group, solo } from "../../nn/group/group.ts";
import { squaredError } from "../../nn/ops/squared_error.ts";
import { Adam } from "../../nn/optim/adam.ts";
import { clipGradients } from "../../nn/optim/gradient_norm.ts";
import { codeSize, type PriorConfig } from "../../nn/prior/config.ts";
import { type FlowState, uploadState } from "../../nn/prior/flow_state.ts";
import { type VelocityNetwork, velocityNetwork } from "../../nn/prior/velocity_network.ts";
import { elementCount } from "../../nn/shape.ts";
import { Tape } from "../../nn/tape.ts";
import { Tensor } from "../../nn/tensor.ts";
import type { TrainOptions } from "../../run/config.ts";
import { type State, uploadTensor } from "../../run/network_state.ts";
import type { PriorBatch } from "./prior_batch.ts";

/** Stream that the weights are drawn from; those of the five networks are 1 to 5. */
const WEIGHT_STREAM = 6;
/** Adam's decays: gradients of a flow are noisy, not adversarial. */
const ADAM = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 } as const;
/** Iterations over which the step size rises to its full value. */
const WARM_UP = 100;
/** Share of the step size that is left at the end. */
const LAST_RATE = 0.01;
/** Greatest norm of the gradients. */
const GRADIENT_NORM = 1;
/** Decay of the average of the weights once it has settled. */
const AVERAGE_DECAY = 0.999;

/** How to train a prior. */
export interface PriorTraining {
  /** Step size at its highest. */
  readonly learningRate: number;
  /** Iterations of the whole training, over which the step size falls along a cosine. */
  readonly iterations: number;
}

/** What the options of a run say about it. */
export function priorTraining({ priorLearningRate, priorIterations }: TrainOptions): PriorTraining {
  return { learningRate: priorLearningRate, iterations: priorIterations };
}

/** Factor of the step size in an iteration, counted from 0. */
export function scheduledRate(iteration: number, iterations: number): number {
  const rising = Math.min(1, (iteration + 1) / WARM_UP), falling = (1 + Math.cos(Math.PI * iteration / iterations)) / 2;
  return Math.max(LAST_RATE, rising * falling);
}

/** A prior's network while it learns: weights, their average, which is what will be used, and Adam's moments. */
export class PriorTrainer implements Disposable {
  readonly #network: VelocityNetwork;
  readonly #average: Tensor;
  readonly #adam: Adam;
  readonly #loss: Tensor;
  readonly #owned: DisposableStack;

  /**
   * Takes memory; weights are drawn from `seed`.
   *
   * @param make the network, as a rule by size.
   * @param group the processes that train together, each with a part of every batch: learning is a collective then.
   * @throws {OutOfMemoryError}
   */
  constructor(
    readonly backend: Backend,
    readonly config: PriorConfig,
    readonly training: PriorTraining,
    seed: number,
    make: typeof velocityNetwork = velocityNetwork,
    readonly group: Group = solo(),
  ) {
    using guard = new DisposableStack();
    this.#network = guard.use(make(backend, config));
    const { parameters } = this.#network;
    parameters.initialize(seed, WEIGHT_STREAM);
    this.#average = guard.use(Tensor.allocate(backend, parameters.values.shape, "prior average"));
    backend.copy({ byteLength: parameters.values.byteLength }, { x: parameters.values, y: this.#average });
    this.#adam = guard.use(new Adam(parameters, { ...ADAM, learningRate: training.learningRate }));
    this.#loss = guard.use(Tensor.allocate(backend, [1], "losses"));
    this.#owned = guard.move();
  }

  /** Learns from one batch. `onGradients` is given the gradients before they are clipped. */
  step({ state, target }: PriorBatch, iteration: number, onGradients?: (gradients: Tensor) => void): void {
    const size = codeSize(this.config), n = target.length / size;
    using owned = new DisposableStack();
    const velocities = owned.use(Tensor.from(this.backend, target, [n, size], "flow states"));
    this.learn(uploadState(this.backend, state, n, owned), velocities, iteration, onGradients);
  }

  /** The same with a batch that is on the engine: velocities `[n, codeSize]` of n states. */
  learn(state: FlowState, velocities: Tensor, iteration: number, onGradients?: (gradients: Tensor) => void): void {
    const { backend } = this, { parameters } = this.#network;
    using owned = new DisposableStack();
    const gradients = owned.use(parameters.zeroGradients()).value;
    using tape = new Tape(backend, { trains: parameters });
    squaredError(tape, this.#network.forward(tape, state), velocities, this.#loss);
    tape.backward([{ loss: this.#loss, weight: 1 }]);
    average(backend, this.group, gradients, gradients.size);
    onGradients?.(gradients);
    clipGradients(backend, gradients, GRADIENT_NORM);
    this.#adam.step(gradients, scheduledRate(iteration, this.training.iterations));
    const decay = Math.min(AVERAGE_DECAY, (iteration + 1) / (iteration + 10));
    const count = parameters.values.size;
    backend.axpby({ count, a: 1 - decay, b: decay }, { x: parameters.values, y: this.#average });
  }

  /** Mean squared error of the last batch's velocities; waits for the engine. */
  readLoss(): number {
    return averaged(this.group, { loss: this.#loss.toFloat32()[0] }).loss;
  }

  /** Averaged weights as `prior.block1.inner.weight`, and what training needs to go on; waits for the engine. */
  capture(): Map<string, TensorData> {
    const { parameters } = this.#network.parameters, average = this.#average.toFloat32();
    const flat = (tensor: Tensor): TensorData => ({ dtype: "F32", shape: tensor.shape, data: tensor.toFloat32() });
    return new Map<string, TensorData>([
      ...parameters.map(({ name, layout: { shape, offset } }): [string, TensorData] => [
        name,
        { dtype: "F32", shape, data: average.subarray(offset, offset + elementCount(shape)) },
      ]),
      ["prior.training.weights", flat(this.#network.parameters.values)],
      ["prior.training.m", flat(this.#adam.m)],
      ["prior.training.v", flat(this.#adam.v)],
      ["prior.training.steps", { dtype: "I32", shape: [], data: Int32Array.of(this.#adam.steps) }],
    ]);
  }

  /** Loads what {@link capture} gave. @throws {UserError} naming `source` and a tensor that is missing or misshapen. */
  restore(state: State, source: string): void {
    const { backend } = this, { parameters } = this.#network, { shape } = parameters.values;
    for (const { name, shape, layout } of parameters.parameters) {
      using target = parameters.get(layout.name).viewIn(this.#average);
      uploadTensor(backend, state, name, shape, target, source);
    }
    uploadTensor(backend, state, "prior.training.weights", shape, parameters.values, source);
    uploadTensor(backend, state, "prior.training.m", shape, this.#adam.m, source);
    uploadTensor(backend, state, "prior.training.v", shape, this.#adam.v, source);
    this.#adam.steps = Number(state.get("prior.training.steps")?.data[0] ?? 0);
  }

  /** Gives all memory back. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}
