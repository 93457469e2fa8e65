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
const FROM_A = 8, FROM_B = 4, FROM_OTHERS = 8;

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
 * Every plan that the policy allows, in the order A, B, enumeration, fallback within each tier, at most
 * `FROM_A + FROM_B + FROM_OTHERS`. The caller disposes each.
 *
 * Asking A alone is not enough: for some layers it answers nothing, for others only engines that the policy forbids.
 *
 * @throws {LibraryError} if the sizes do not fit together.
 */
export function candidatePlans(
  cudnn: Cudnn,
  problem: ConvolutionProblem,
  policy: EnginePolicy,
  target: PlanTarget,
): Candidate[] {
  using graph = new ConvolutionGraph(cudnn, problem);
  using found = new DisposableStack();
  const candidates: Candidate[] = [], engines = new Set<number>();
  const consider = (config: EngineConfig, source: Candidate["source"]): boolean => {
    const candidate = prepare(config, source, problem, policy, target);
    if (!candidate) return false;
    found.use(candidate);
    candidates.push(candidate);
    engines.add(candidate.engine);
    return true;
  };
  const heuristics = (mode: "A" | "B" | "FALLBACK", most: number) => {
    let left = most;
    for (const config of configsOf(graph, mode, target)) {
      const wanted = left > 0 && (mode === "A" || !engines.has(config.engine) || (mode === "B" && left > most / 2));
      if (!wanted) config[Symbol.dispose]();
      else if (consider(config, mode === "FALLBACK" ? "fallback" : mode)) left--;
    }
  };
  heuristics("A", FROM_A);
  heuristics("B", FROM_B);
  let left = FROM_OTHERS;
  for (let engine = engineCount(graph) - 1; engine > 0 && left > 0; engine--) {
    if (engines.has(engine)) continue;
    const config = engineConfig(graph, engine, target);
    // Engines without tensor cores are enumerated only where there is nothing better.
    if (config && tier(config, policy) > 0 && candidates.some((one) => one.tier === 0)) config[Symbol.dispose]();
    else if (config && consider(config, "enumeration")) left--;
  }
  if (!candidates.some((one) => one.tier < 2)) heuristics("FALLBACK", FROM_OTHERS);
  found.move();
  return candidates.sort((a, b) => a.tier - b.tier);
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

/** The plan of a configuration, which is taken over; null (and it is freed) if it is not to be used. */
function prepare(
  config: EngineConfig,
  source: Candidate["source"],
  { operation }: ConvolutionProblem,
  policy: EnginePolicy,
  target: PlanTarget,
): Candidate | null {
  using owned = new DisposableStack();
  owned.use(config);
  if (rejection(operation, config, policy) !== null) return null;
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
