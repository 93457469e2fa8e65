/** The memory of a run, phase by phase, counted on a backend that does no arithmetic. */
import { CountingBackend, type PlannedEngine } from "../nn/backend/counting_backend.ts";
import { priorConfig } from "../nn/prior/config.ts";
import { allocateState } from "../nn/prior/flow_state.ts";
import { Tensor } from "../nn/tensor.ts";
import { modelOf, type TrainOptions } from "../run/config.ts";
import { PriorTrainer, priorTraining } from "./prior/prior_trainer.ts";
import type { PhaseName, StageName } from "./schedule.ts";
import { Trainer, trainerOptions } from "./trainer.ts";

/** Memory of one stage of training. */
export interface PhasePlan {
  /** Which. */
  readonly phase: StageName;
  /** Scenes, or codes, of an iteration. */
  readonly batch: number;
  /** Most held at once in an iteration after the first, all uses together. */
  readonly peakBytes: number;
  /** Peak of each use, largest first; they need not peak together. */
  readonly byTag: readonly (readonly [tag: string, peakBytes: number])[];
  /** Multiplications and additions of one iteration. */
  readonly floatOperations: number;
}

/**
 * Plans of the stages, as they follow each other in a run. `limitBytes`, the most that the engine may take, decides
 * `recompute: "auto"`.
 */
export function memoryPlan(
  options: TrainOptions,
  engine: PlannedEngine = {},
  limitBytes: number = Infinity,
): PhasePlan[] {
  return plan(options, engine, recomputes(options, engine, limitBytes));
}

/**
 * Whether the refiner computes its inner activations again instead of keeping them: as the option says or, with
 * "auto", if the refine stage would not fit otherwise. Arguments as of {@link memoryPlan}.
 */
export function recomputes(
  options: TrainOptions,
  engine: PlannedEngine,
  limitBytes: number,
): boolean {
  if (options.recompute !== "auto") return options.recompute === "on";
  if (limitBytes === Infinity) return false;
  return plan(options, engine, false).some(({ phase, peakBytes }) => phase === "refine" && peakBytes > limitBytes);
}

function plan(
  options: TrainOptions,
  engine: PlannedEngine,
  recomputes: boolean,
): PhasePlan[] {
  using backend = new CountingBackend(engine);
  using trainer = new Trainer(backend, modelOf(options), trainerOptions(options, recomputes));
  const ofNetworks = (phase: PhaseName, batch: number): PhasePlan =>
    plan(phase, batch, () => {
      using labels = Tensor.allocate(backend, [batch, ...options.grid], "labels", "u8");
      using z = trainer.drawLatent(batch, options.seed, 0);
      trainer.iterate(phase, labels, z);
    });
  const ofPrior = (): PhasePlan => {
    const config = priorConfig(trainer.config, 0), { priorBatch } = options;
    using prior = new PriorTrainer(backend, config, priorTraining(options), options.seed);
    return plan("prior", priorBatch, () => {
      using owned = new DisposableStack();
      const state = allocateState(backend, config, priorBatch, owned);
      prior.learn(state, owned.use(Tensor.allocate(backend, state.x.shape, "flow states")), 0);
    });
  };
  const plan = (phase: StageName, batch: number, run: () => void): PhasePlan => {
    run(); // optimisers and workspace come with the first iteration
    backend.memory.resetPeak();
    backend.counts.reset();
    run();
    const byTag = backend.memory.byTag().map(([tag, { peakBytes }]) => [tag, peakBytes] as const)
      .filter(([, bytes]) => bytes > 0);
    return {
      phase,
      batch,
      peakBytes: backend.memory.peakBytes,
      byTag,
      floatOperations: backend.counts.total().floatOperations,
    };
  };
  return [
    ...options.iterations > 0 ? [ofNetworks("base", options.batch)] : [],
    ...options.refineIterations > 0 ? [ofNetworks("refine", options.refineBatch)] : [],
    ...options.priorIterations > 0 ? [ofPrior()] : [],
  ];
}
