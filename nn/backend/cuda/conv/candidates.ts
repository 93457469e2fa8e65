/** Plans that could compute a convolution: what the heuristics propose, and what they keep to themselves. */
import {
  ConvolutionGraph,
  type ConvolutionProblem,
  type Cudnn,
  type EngineConfig,
  engineConfig,
  engineCount,
  ExecutionPlan,
  heuristicConfigs,
  LibraryError,
  type PlanTarget,
} from "../../../../ffi/mod.ts";
import { type EnginePolicy, rejection, tier } from "./engine_policy.ts";
import type { StoredPlan } from "./plan_store.ts";

/** Most plans from each source: mode A varies knobs, the others add engines. */
const FROM_A = 6, FROM_B = 3, FROM_OTHERS = 4;
/** Most plans whose kernels cuDNN compiles, half a second each, and most tries to get one. */
const COMPILED = 1, COMPILED_TRIES = 2;

/** Most plans that are built for a problem: one {@link candidatePlans} finds an engine for. */
export const MOST_PLANS: number = FROM_A + FROM_B + FROM_OTHERS + COMPILED;

/** What planning cost. */
export interface PlanningEffort {
  /** Plans built, those that cuDNN refused in the end included. */
  built: number;
  /** Those of them whose kernels were compiled for it. */
  compiled: number;
}

/** A plan that is ready to run. */
export interface Candidate extends Disposable {
  readonly plan: ExecutionPlan;
  readonly engine: number;
  /** See `tier`. */
  readonly tier: 0 | 1 | 2;
  /** Where it came from. */
  readonly source: "A" | "B" | "enumeration" | "fallback" | "cache";
  /** What the engine says about itself, by the names of cuDNN's numerical and behaviour notes. */
  readonly notes: readonly string[];
}

/** No engine is left for a convolution. */
export class NoEngineError extends Error {
  override readonly name = "NoEngineError";
}

/** A candidate that owns its descriptors. */
class OwnedCandidate implements Candidate {
  constructor(
    readonly plan: ExecutionPlan,
    readonly engine: number,
    readonly tier: 0 | 1 | 2,
    readonly source: Candidate["source"],
    readonly notes: readonly string[],
    private readonly owned: DisposableStack,
  ) {}

  [Symbol.dispose](): void {
    this.owned.dispose();
  }
}

/**
 * Plans that the policy allows, in the order A, B, enumeration, fallback within each tier, at most {@link MOST_PLANS}
 * but for the fallback's. The caller disposes each. `effort` is added to.
 *
 * Asking A alone is not enough: for some layers it answers nothing, for others only engines that the policy forbids.
 * Engines that compile their kernels when a plan is built come last, and only where no other gives what the precision
 * is asked for.
 *
 * @throws {LibraryError} if the sizes do not fit together.
 */
export function candidatePlans(
  cudnn: Cudnn,
  problem: ConvolutionProblem,
  policy: EnginePolicy,
  target: PlanTarget,
  effort: PlanningEffort = { built: 0, compiled: 0 },
): Candidate[] {
  using graph = new ConvolutionGraph(cudnn, problem, target);
  using owned = new DisposableStack();
  const candidates: Candidate[] = [], engines = new Set<number>();
  const compiling: [config: EngineConfig, source: Candidate["source"]][] = [];
  owned.defer(() => compiling.forEach(([config]) => config[Symbol.dispose]()));
  const satisfied = () => candidates.some((one) => one.tier === 0);
  const build = (config: EngineConfig, source: Candidate["source"]): boolean => {
    const candidate = buildCandidate(config, source, policy, target, effort);
    if (!candidate) return false;
    candidates.push(owned.use(candidate));
    engines.add(candidate.engine);
    return true;
  };
  // Builds at most `most` of the configurations, which it takes over, and gives their number.
  const take = (
    configs: readonly EngineConfig[],
    source: Candidate["source"],
    most: number,
    wanted: (config: EngineConfig, built: number) => boolean,
  ): number => {
    let built = 0;
    for (const config of configs) {
      const allowed = built < most && wanted(config, built) && rejection(problem.operation, config, policy) === null;
      if (allowed && !config.compiles) built += Number(build(config, source));
      else if (allowed && tier(config, policy) === 0) compiling.push([config, source]);
      else config[Symbol.dispose]();
    }
    return built;
  };
  const isNew = ({ engine }: EngineConfig) => !engines.has(engine);
  take(configsOf(graph, "A", target), "A", FROM_A, () => true);
  take(configsOf(graph, "B", target), "B", FROM_B, (config, built) => isNew(config) || built < FROM_B / 2);
  for (let engine = engineCount(graph) - 1, left = FROM_OTHERS; engine > 0 && left > 0; engine--) {
    const config = engines.has(engine) ? null : engineConfig(graph, engine, target);
    // Engines without tensor cores are enumerated only where there is nothing better.
    if (config) left -= take([config], "enumeration", 1, () => tier(config, policy) === 0 || !satisfied());
  }
  for (let tries = COMPILED_TRIES; compiling.length > 0 && tries > 0 && !satisfied(); tries--) {
    build(...compiling.shift()!);
  }
  if (!candidates.some((one) => one.tier < 2)) {
    take(configsOf(graph, "FALLBACK", target), "fallback", FROM_OTHERS, isNew);
  }
  const plans = candidates.sort((a, b) => a.tier - b.tier);
  for (const [config] of compiling.splice(0)) config[Symbol.dispose]();
  owned.move();
  return plans;
}

/** A plan that an earlier process chose, or null if it does not fit any more. */
export function cachedPlan(
  cudnn: Cudnn,
  { plan: json, engine, tier, notes }: Omit<StoredPlan, "milliseconds">,
  policy: EnginePolicy,
  target: PlanTarget,
): Candidate | null {
  try {
    const owned = new DisposableStack(), plan = owned.use(ExecutionPlan.fromJson(cudnn, json, target));
    if (plan.workspaceBytes > policy.workspaceLimitBytes) {
      owned.dispose();
      return null;
    }
    return new OwnedCandidate(plan, engine, tier, "cache", notes, owned);
  } catch (error) {
    if (error instanceof LibraryError) return null;
    throw error;
  }
}

/** What a mode proposes; nothing if it does not know the graph. */
function configsOf(graph: ConvolutionGraph, mode: "A" | "B" | "FALLBACK", target: PlanTarget): EngineConfig[] {
  try {
    return heuristicConfigs(graph, mode, target);
  } catch (error) {
    if (error instanceof LibraryError) return [];
    throw error;
  }
}

/** The plan of a configuration, which is taken over; null (and it is freed) if it cannot be used after all. */
function buildCandidate(
  config: EngineConfig,
  source: Candidate["source"],
  policy: EnginePolicy,
  target: PlanTarget,
  effort: PlanningEffort,
): Candidate | null {
  using owned = new DisposableStack();
  owned.use(config);
  effort.built++;
  if (config.compiles) effort.compiled++;
  try {
    const plan = owned.use(ExecutionPlan.build(config, target));
    if (plan.workspaceBytes > policy.workspaceLimitBytes) return null;
    return new OwnedCandidate(plan, config.engine, tier(config, policy), source, config.notes, owned.move());
  } catch (error) {
    // The engine does not support this after all.
    if (error instanceof LibraryError) return null;
    throw error;
  }
}
