import type { TrainOptions } from "../run/config.ts";
import type { PhaseName } from "./phases.ts";

/** Where a step of a run stands: steps count the iterations of both phases. */
export interface Position {
  /** Stage that the step belongs to. */
  readonly phase: PhaseName;
  /** Iterations of this phase before this one. */
  readonly iteration: number;
  /** Length of the phase. */
  readonly iterations: number;
}

/** Steps of the whole run. */
export function totalSteps({ iterations, refineIterations }: TrainOptions): number {
  return iterations + refineIterations;
}

/** The phase of step `step`, counted from 0: the base stage first, then the refine stage. */
export function positionOf(step: number, { iterations, refineIterations }: TrainOptions): Position {
  return step < iterations
    ? { phase: "base", iteration: step, iterations }
    : { phase: "refine", iteration: step - iterations, iterations: refineIterations };
}

/**
 * Factor of the learning rate at a position: 1 and, over the last share `cooldown` of a stage, down to 0 in a line
 * (Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", 2024, section 3).
 */
export function rateAt({ iteration, iterations }: Position, cooldown: number): number {
  return cooldown === 0 ? 1 : Math.min(1, (iterations - iteration) / (cooldown * iterations));
}
