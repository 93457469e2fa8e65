/** The stages of a run and how long each is. */
import type { TrainOptions } from "../run/config.ts";

/** The stages that train the networks. */
export type PhaseName = "base" | "refine";

/** The stages of a run: those that train the networks, then the one that trains a prior over their codes. */
export type StageName = PhaseName | "prior";

/** The option that says how many scenes, or codes, an iteration of a stage takes. */
export const BATCH_OPTIONS = { base: "batch", refine: "refineBatch", prior: "priorBatch" } as const satisfies Record<
  StageName,
  keyof TrainOptions
>;

/** The option that says how many iterations a stage has. */
export const ITERATION_OPTIONS = {
  base: "iterations",
  refine: "refineIterations",
  prior: "priorIterations",
} as const satisfies Record<StageName, keyof TrainOptions>;

/** Where a step of a run stands: steps count the iterations of all stages. */
export interface Position {
  /** Stage that the step belongs to. */
  readonly phase: StageName;
  /** Iterations of this stage before this one. */
  readonly iteration: number;
  /** Length of the stage. */
  readonly iterations: number;
}

/** Options that say how long each stage is. */
type Lengths = Pick<TrainOptions, (typeof ITERATION_OPTIONS)[StageName]>;

/** Steps of the whole run. */
export function totalSteps({ iterations, refineIterations, priorIterations }: Lengths): number {
  return iterations + refineIterations + priorIterations;
}

/** The stage of step `step`, counted from 0: the base stage first, then the refine stage, then the prior. */
export function positionOf(step: number, { iterations, refineIterations, priorIterations }: Lengths): Position {
  if (step < iterations) return { phase: "base", iteration: step, iterations };
  const refined = step - iterations;
  if (refined < refineIterations || priorIterations === 0) {
    return { phase: "refine", iteration: refined, iterations: refineIterations };
  }
  return { phase: "prior", iteration: refined - refineIterations, iterations: priorIterations };
}

/**
 * Factor of the learning rate at a position: 1 and, over the last share `cooldown` of a stage, down to 0 in a line
 * (Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", 2024, section 3).
 */
export function rateAt({ iteration, iterations }: Position, cooldown: number): number {
  return cooldown === 0 ? 1 : Math.min(1, (iterations - iteration) / (cooldown * iterations));
}
