/** What a system cost: the budgets of a study, side by side. */
import { CountingBackend } from "../../nn/backend/counting_backend.ts";
import { latentSize } from "../../nn/models/config.ts";
import { Networks } from "../../nn/models/networks.ts";
import { modelOf } from "../../run/config.ts";
import { memoryPlan } from "../../train/memory_plan.ts";
import { scheduleOf } from "../../train/phases.ts";
import { runFolder } from "../../run/run_folder.ts";
import { readStatistics } from "../../run/statistics.ts";
import type { StudyRun } from "./study_runs.ts";
import type { ComparedSystem } from "./systems.ts";

/** The cost of one system, up to the state that is evaluated. */
export interface Cost {
  /** Numbers of a latent code. */
  readonly codeNumbers: number;
  /** Learned numbers of the networks that an evaluation needs: encoder, generator, and the refiner where it is used. */
  readonly parameters: number;
  /** Iterations of the base stage, and of the refine stage where it belongs to the system. */
  readonly iterations: readonly number[];
  /** Scenes that went through training, repetitions counted. */
  readonly scenes: number;
  /** Optimiser steps of the encoder; the generator's are as many. */
  readonly updates: number;
  /** Additions and multiplications of training. */
  readonly floatOperations: number;
  /** Time of training, on whatever else the machine did meanwhile; NaN where a run does not tell. */
  readonly seconds: number;
}

/** What `system` cost in its run. @throws {UserError} if the run's statistics cannot be read. */
export async function costOf({ refined }: ComparedSystem, { root, options }: StudyRun): Promise<Cost> {
  const config = modelOf(options), stages = refined ? ["base", "refine"] as const : ["base"] as const;
  const iterations = { base: options.iterations, refine: options.refineIterations };
  const batch = { base: options.batch, refine: options.refineBatch };
  const plans = memoryPlan(options);
  const perIteration = (stage: string) => plans.find(({ phase }) => phase === stage)?.floatOperations ?? 0;
  const rows = await readStatistics(runFolder(root).statistics);
  const { steps } = scheduleOf(options.model).base;
  return {
    codeNumbers: latentSize(config),
    parameters: parametersOf(config, refined),
    iterations: stages.map((stage) => iterations[stage]),
    scenes: sum(stages.map((stage) => iterations[stage] * batch[stage])),
    updates: iterations.base * steps.filter(({ trains }) => trains.includes("encoder")).length,
    floatOperations: sum(stages.map((stage) => iterations[stage] * perIteration(stage))),
    seconds: rows.filter(({ phase }) => phase === stages.at(-1)).at(-1)?.seconds ?? NaN,
  };
}

function parametersOf(config: ReturnType<typeof modelOf>, refined: boolean): number {
  using backend = new CountingBackend();
  using networks = new Networks(backend, config);
  const { encoder, generator } = networks;
  const used = [encoder, generator, ...refined ? [networks.refiner] : []];
  return sum(used.map(({ parameters }) => parameters.count));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
