/** The batch with which a stage fits into memory. */
import { LEAST_BATCH, type TrainOptions } from "../run/config.ts";
import { memoryPlan } from "./memory_plan.ts";
import type { StageName } from "./schedule.ts";

/** Left to the engine's workspaces: an eighth of all in the paper's networks, most in tiny ones. To plan them takes long. */
const WORKSPACE_SHARE = 0.4;

/** The option that gives each stage its batch. */
const BATCH_OPTIONS = { base: "batch", refine: "refineBatch", prior: "priorBatch" } as const satisfies Record<
  StageName,
  string
>;

/**
 * About the largest batch below the option's with which the stage fits into `limitBytes`, room for the engine's
 * workspaces included; null if not even the least batch does.
 */
export function fittingBatch(options: TrainOptions, phase: StageName, limitBytes: number): number | null {
  const option = BATCH_OPTIONS[phase], most = limitBytes * (1 - WORKSPACE_SHARE);
  for (let batch = options[option];;) {
    const plan = memoryPlan({ ...options, [option]: batch }, undefined, most).find((plan) => plan.phase === phase);
    if (plan === undefined || plan.peakBytes <= most) return batch;
    if (batch === LEAST_BATCH) return null;
    // A part of the peak does not depend on the batch, so that this comes down to what fits from above.
    batch = Math.max(LEAST_BATCH, Math.min(batch - 1, Math.floor(batch * most / plan.peakBytes)));
  }
}
