import type { Backend } from "../nn/backend/backend.ts";
import { latentShape, type ModelConfig } from "../nn/models/config.ts";
import { acrossRanks } from "../nn/group/across_ranks.ts";
import { GradientExchange } from "../nn/group/gradient_exchange.ts";
import { averaged, type Group, solo } from "../nn/group/group.ts";
import { Networks } from "../nn/models/networks.ts";
import { Adam, type AdamOptions, PAPER_ADAM } from "../nn/optim/adam.ts";
import { Tensor } from "../nn/tensor.ts";
import type { TrainOptions } from "../run/config.ts";
import { Iteration } from "./iteration.ts";
import { LossBoard } from "./losses.ts";
import { type OptimizerName, type Schedule, scheduleOf, type Step } from "./phases.ts";
import type { PhaseName } from "./schedule.ts";

/** Settings of the losses and the optimiser. */
export interface TrainerOptions {
  /** Settings of every network's Adam. */
  readonly adam: AdamOptions;
  /** Factor λ of the reconstruction loss. */
  readonly lambda: number;
  /** γ of the reconstruction loss. */
  readonly gamma: number;
  /** Whether the refiner computes activations again instead of keeping them; false by default. */
  readonly recomputes?: boolean;
}

/** What the options say about losses and optimisers; `recomputes` is what `recompute` came to. */
export function trainerOptions(options: TrainOptions, recomputes: boolean): TrainerOptions {
  const { learningRate, beta1, beta2, lambda, gamma } = options;
  return { adam: { ...PAPER_ADAM, learningRate, beta1, beta2 }, lambda, gamma, recomputes };
}

/** How an iteration goes, and who looks on. */
export interface IterateOptions {
  /** Factor of the learning rate (1). */
  readonly rate?: number;
  /** Called after each step, with the pass whose codes may be read. */
  onStep?(step: Step, index: number, pass: Iteration): void;
  /** Called before each update with the gradients of a network, in the layout of its parameters. */
  onGradients?(network: string, gradients: Tensor): void;
}

/** Stream of the latent samples; networks are initialised with streams 1 to 5. */
const LATENT_STREAM = 16;

/** The networks of a system with their optimisers: runs iterations of the schedule, knows nothing of files or the terminal. */
export class Trainer implements Disposable {
  /** The networks being trained; their values are undefined until initialised or restored. */
  readonly networks: Networks;
  /** Values of the losses of the last iteration of each phase. */
  readonly losses: LossBoard;
  /** Steps of each stage. */
  readonly schedule: Schedule;
  readonly #optimizers = new Map<OptimizerName, Adam>();

  /** The engine; in a group, what it learns from a batch it learns from that of all ranks. */
  readonly backend: Backend;

  /**
   * Takes memory for the networks; optimisers take theirs with their first step.
   *
   * @param group the processes that train together, each with a part of every batch: {@link iterate} and
   * {@link readLosses} are collectives then.
   * @throws {OutOfMemoryError}
   */
  constructor(
    engine: Backend,
    readonly config: ModelConfig,
    readonly options: TrainerOptions,
    readonly group: Group = solo(),
  ) {
    const backend = this.backend = acrossRanks(engine, group);
    using guard = new DisposableStack();
    this.networks = guard.use(new Networks(backend, config));
    this.losses = new LossBoard(backend);
    this.schedule = scheduleOf(config.system);
    guard.move();
  }

  /** The Adam state `name`, made on first use. */
  optimizer(name: OptimizerName): Adam {
    const existing = this.#optimizers.get(name);
    if (existing) return existing;
    const network = name === "discriminatorRefine" ? "discriminator" : name;
    const made = new Adam(this.networks.parametersOf(network), this.options.adam);
    this.#optimizers.set(name, made);
    return made;
  }

  /** The Adam states made so far. */
  get optimizers(): ReadonlyMap<OptimizerName, Adam> {
    return this.#optimizers;
  }

  /**
   * z `[n, …]` of the shape of codes from N(0, 1), given by seed and iteration alone; the caller releases it. In a group
   * it is this rank's part of what all draw together.
   */
  drawLatent(n: number, seed: number, iteration: number): Tensor {
    const { rank, size } = this.group;
    using all = Tensor.allocate(this.backend, [n * size, ...latentShape(this.config)], "latent samples");
    const shape = { count: all.size, seed, stream: LATENT_STREAM, iteration, mean: 0, deviation: 1 };
    this.backend.randomNormal(shape, { x: all });
    return all.slice(n * rank, n);
  }

  /**
   * One iteration of a phase on one batch: `labels` uint8 `[n, D, H, W]`, `z` as from {@link drawLatent}. The losses are
   * on the board afterwards.
   */
  iterate(phase: PhaseName, labels: Tensor, z: Tensor, options: IterateOptions = {}): void {
    const run = () => this.#iterate(phase, labels, z, options), { onStep, onGradients } = options;
    // Whoever looks on takes memory and waits for results.
    const watched = `${onStep ? ", steps" : ""}${onGradients ? ", gradients" : ""}`;
    if (this.backend.repeated) this.backend.repeated(`${phase} ${labels.shape}${watched}`, run);
    else run();
  }

  /**
   * Gradients of one step's cost, without the update: `use` gets them for each network that the step trains, in the
   * layout of its parameters. `term`: of this one loss alone, with factor 1.
   */
  gradients(step: Step, pass: Iteration, use: UseGradients, term?: string): void {
    pass.trainsEncoder = step.trains.includes("encoder");
    this.#differentiate(step, pass, use, term);
  }

  /** Losses and the costs made of them, of one phase or of all, by name; waits for the engine. */
  readLosses(phase?: PhaseName): Record<string, number> {
    return averaged(this.group, this.losses.read(phase && this.schedule[phase].steps.map(({ cost }) => cost)));
  }

  /** Gives all memory back. */
  [Symbol.dispose](): void {
    for (const optimizer of this.#optimizers.values()) optimizer[Symbol.dispose]();
    this.losses[Symbol.dispose]();
    this.networks[Symbol.dispose]();
  }

  #iterate(phase: PhaseName, labels: Tensor, z: Tensor, { rate, onStep, onGradients }: IterateOptions): void {
    using pass = new Iteration({ networks: this.networks, losses: this.losses, ...this.options }, labels, z);
    const { steps } = this.schedule[phase];
    steps.forEach((step, index) => {
      pass.trainsEncoder = steps.slice(index).some(({ trains }) => trains.includes("encoder"));
      this.#differentiate(step, pass, (gradients, index) => {
        onGradients?.(step.trains[index], gradients);
        this.optimizer(step.optimizers[index]).step(gradients, rate);
      });
      onStep?.(step, index, pass);
    });
  }

  #differentiate(step: Step, pass: Iteration, use: UseGradients, term?: string): void {
    const sets = step.trains.map((name) => this.networks.parametersOf(name));
    using owned = new DisposableStack();
    const gradients: Tensor[] = [], exchanges: GradientExchange[] = [], passes = step.passes ?? 1;
    for (let index = 0; index < passes; index++) {
      using tapes = new DisposableStack();
      const tape = pass.tapeFor(sets);
      if (!pass.owns(tape)) tapes.use(tape);
      const losses = step.forward(tape, pass, index);
      if (index === 0) this.losses.addUp(step.cost, losses);
      if (index === 0) gradients.push(...sets.map((set) => owned.use(set.zeroGradients()).value));
      if (index === passes - 1) {
        exchanges.push(...gradients.map((each) => new GradientExchange(this.backend, this.group, each)));
      }
      const cost = term === undefined ? losses : losses.filter(({ name }) => name === term);
      tape.backward(
        cost.map(({ value, weight }) => ({ loss: value, weight: term === undefined ? weight : 1 })),
        (set, start) => exchanges[sets.indexOf(set)]?.final(start),
      );
    }
    for (const exchange of exchanges) exchange.finish();
    gradients.forEach(use);
    if (step.trains.includes("encoder")) pass.forgetCodes();
  }
}

/** Is given the gradients for network `index` of those that a step trains. */
type UseGradients = (gradients: Tensor, index: number) => void;
