/** Chooses the plan of each convolution: once, by measuring; later from memory or disk. */
import {
  type ConvolutionProblem,
  type Cudnn,
  cudnnVersionText,
  LibraryError,
  type PlanTarget,
} from "../../../../ffi/mod.ts";
import { OutOfMemoryError } from "../../memory.ts";
import { cachedPlan, type Candidate, candidatePlans, NoEngineError, type PlanningEffort } from "./candidates.ts";
import type { EnginePolicy } from "./engine_policy.ts";
import type { PlanStore } from "./plan_store.ts";
import { describeProblem, problemKey, tensorBytes } from "./problem.ts";

/** Plans that are kept in case the best fails. */
const KEPT = 3;
/** Chunks of a batch are multiples of this, so that they start aligned. */
const ALIGNMENT_BYTES = 16;
/** Smaller parts would not fill the device. */
const MOST_CHUNKS = 10;

/**
 * Milliseconds that a candidate takes on the operands at hand, or null if it does not run. One that is far above
 * `best`, that of the fastest so far, need not be measured well.
 */
export type Measure = (candidate: Candidate, best: number) => number | null;

/** What all planning of a process has cost so far. */
export interface PlanningCost extends PlanningEffort {
  /** Problems whose plan was not on disk. */
  problems: number;
  /** Plans that were run to measure them. */
  measured: number;
  seconds: number;
}

/** The plan of a problem, and those to fall back to. */
export interface ChosenPlan {
  /** Never empty; the first is used. */
  readonly candidates: Candidate[];
  /** Of the best, as measured; null where nothing was measured. */
  readonly milliseconds: number | null;
}

/** A choice as reports show it. */
export interface PlanChoice {
  /** Operation, precision, sizes. */
  readonly problem: string;
  /** cuDNN's number of the engine. */
  readonly engine: number;
  /** What the engine says about itself: names of cuDNN's notes. */
  readonly notes: readonly string[];
  /** As it was measured among the candidates; null where nothing was measured. */
  readonly milliseconds: number | null;
  /** Scratch memory of one run. */
  readonly workspaceBytes: number;
}

/** Plans by problem. */
export class Planner implements Disposable {
  readonly #chosen = new Map<string, ChosenPlan>();
  readonly #chunks = new Map<string, number>();
  /** Candidates that were built to decide about chunks and wait for the choice among them. */
  readonly #undecided = new Map<string, Candidate[]>();
  /** Candidates that failed; a graph may hold work of theirs from when they did not. */
  readonly #dropped: Candidate[] = [];
  readonly #noticed = new Set<string>();
  readonly #cost: PlanningCost = { problems: 0, built: 0, compiled: 0, measured: 0, seconds: 0 };

  /**
   * `notice` is told, once per problem, when only a slow engine is left. `settle` waits for the device and throws if it
   * broke: cuDNN then refuses whatever it is asked, which must not count against its engines or cost a stored plan.
   */
  constructor(
    readonly cudnn: Cudnn,
    readonly policy: EnginePolicy,
    private readonly target: PlanTarget,
    private readonly store: PlanStore,
    private readonly notice: (message: string) => void,
    private readonly settle: () => void = () => {},
  ) {}

  /** See {@link PlanningCost}. */
  get cost(): PlanningCost {
    return { ...this.#cost };
  }

  /** Every choice so far. */
  choices(): PlanChoice[] {
    return [...this.#chosen].map(([problem, { candidates: [{ engine, notes, plan }], milliseconds }]) => ({
      problem,
      engine,
      notes,
      milliseconds,
      workspaceBytes: plan.workspaceBytes,
    }));
  }

  /**
   * Into how many equal parts the batch is cut: 1, or as many as it takes for a fast engine to stay within the
   * workspace limit.
   */
  chunks(problem: ConvolutionProblem): number {
    const key = this.#key(problem), known = this.#chunks.get(key);
    if (known !== undefined) return known;
    const found = this.store.get(key) ? 1 : this.#timed(() => this.#findChunks(problem));
    this.#chunks.set(key, found);
    return found;
  }

  /** The plan of a problem; `measure` is called for each candidate if the choice is new. @throws {NoEngineError} */
  plan(problem: ConvolutionProblem, measure: Measure): ChosenPlan {
    const key = this.#key(problem), known = this.#chosen.get(key);
    if (known) return known;
    const chosen = this.#fromStore(key) ?? this.#timed(() => this.#choose(key, problem, measure));
    this.#chosen.set(key, chosen);
    this.#noticeSlow(key, problem, chosen);
    return chosen;
  }

  /**
   * Drops the first candidate, which failed to run with `status`; the next takes its place, on disk too. A plan from
   * disk has none beside it: the choice is made anew.
   *
   * @throws {NoEngineError} if it was the last.
   */
  drop(problem: ConvolutionProblem, status: number): void {
    const key = this.#key(problem), chosen = this.#chosen.get(key);
    this.settle();
    this.store.delete(key);
    const dropped = chosen?.candidates.shift();
    if (dropped) this.#dropped.push(dropped);
    if (!chosen) return;
    if (chosen.candidates.length > 0) {
      this.#save(key, chosen.candidates[0], null);
      this.#noticeSlow(key, problem, chosen);
      return;
    }
    this.#chosen.delete(key);
    if (dropped?.source === "cache") return;
    throw new NoEngineError(
      `${describeProblem(problem)}: no engine of cuDNN runs it (last status ${status}); try another --precision`,
    );
  }

  [Symbol.dispose](): void {
    for (const { candidates } of this.#chosen.values()) dispose(candidates);
    this.#chosen.clear();
    for (const candidates of this.#undecided.values()) dispose(candidates);
    this.#undecided.clear();
    dispose(this.#dropped.splice(0));
  }

  #key(problem: ConvolutionProblem): string {
    const { precision, deterministic, workspaceLimitBytes } = this.policy;
    return `${problemKey(problem, precision)}${deterministic ? " deterministic" : ""} ws${workspaceLimitBytes}`;
  }

  #findChunks(problem: ConvolutionProblem): number {
    let best = { chunks: 1, tier: Infinity };
    for (let chunks = 1; chunks <= Math.min(problem.batch, MOST_CHUNKS) && best.tier > 0; chunks++) {
      if (problem.batch % chunks !== 0) continue;
      const part = chunkOf(problem, chunks), [x, , y] = tensorBytes(part);
      if (chunks > 1 && (x % ALIGNMENT_BYTES !== 0 || y % ALIGNMENT_BYTES !== 0)) continue;
      const candidates = this.#candidates(part), tier = Math.min(...candidates.map((candidate) => candidate.tier));
      if (tier >= best.tier) {
        dispose(candidates);
        continue;
      }
      dispose(this.#takeUndecided(chunkOf(problem, best.chunks)) ?? []);
      this.#undecided.set(this.#key(part), candidates);
      best = { chunks, tier };
    }
    return best.chunks;
  }

  #takeUndecided(problem: ConvolutionProblem): Candidate[] | null {
    const key = this.#key(problem), candidates = this.#undecided.get(key) ?? null;
    this.#undecided.delete(key);
    return candidates;
  }

  /** Every candidate of a problem. */
  #candidates(problem: ConvolutionProblem): Candidate[] {
    const candidates = candidatePlans(this.cudnn, problem, this.policy, this.target, this.#cost);
    try {
      this.settle();
    } catch (error) {
      dispose(candidates);
      throw error;
    }
    return candidates;
  }

  #timed<T>(work: () => T): T {
    const start = performance.now();
    try {
      return work();
    } finally {
      this.#cost.seconds += (performance.now() - start) / 1000;
    }
  }

  #fromStore(key: string): ChosenPlan | null {
    const stored = this.store.get(key);
    if (!stored) return null;
    const candidate = cachedPlan(this.cudnn, stored, this.policy, this.target);
    if (!candidate) this.settle();
    return candidate && { candidates: [candidate], milliseconds: stored.milliseconds };
  }

  #choose(key: string, problem: ConvolutionProblem, measure: Measure): ChosenPlan {
    using unchosen = new DisposableStack();
    const all = this.#takeUndecided(problem) ?? this.#candidates(problem);
    this.#cost.problems++;
    let candidates: Candidate[] = [];
    unchosen.defer(() => {
      for (const candidate of all) if (!candidates.includes(candidate)) candidate[Symbol.dispose]();
    });
    const best = Math.min(...all.map(({ tier }) => tier));
    const considered = all.filter(({ tier }) => tier === best);
    // With determinism asked for, a measurement must not decide: it differs from run to run.
    let shortest = Infinity;
    const measured = this.policy.deterministic || considered.length === 1
      ? considered.map((candidate) => ({ candidate, milliseconds: null }))
      : considered.flatMap((candidate) => {
        const milliseconds = tryMeasure((one) => measure(one, shortest), candidate);
        this.#cost.measured++;
        if (milliseconds === null) return [];
        shortest = Math.min(shortest, milliseconds);
        return [{ candidate, milliseconds }];
      }).sort((a, b) => a.milliseconds - b.milliseconds);
    const slower = all.filter(({ tier }) => tier > best);
    candidates = [...measured.map(({ candidate }) => candidate), ...slower].slice(0, KEPT);
    if (candidates.length === 0) {
      throw new NoEngineError(
        `${describeProblem(problem)}: cuDNN ${cudnnVersionText(this.policy.cudnnVersion)} has no engine for it with ` +
          `--precision ${this.policy.precision}; try another --precision`,
      );
    }
    const fastest = measured[0]?.milliseconds ?? null;
    const milliseconds = fastest === Infinity ? null : fastest;
    this.#save(key, candidates[0], milliseconds);
    return { candidates, milliseconds };
  }

  #save(key: string, { plan, engine, tier, notes }: Candidate, milliseconds: number | null): void {
    try {
      this.store.set(key, { engine, tier, notes, milliseconds, plan: plan.toJson() });
    } catch (error) {
      // Some engines cannot be written down; they are chosen again next time.
      if (!(error instanceof LibraryError)) throw error;
    }
  }

  #noticeSlow(key: string, problem: ConvolutionProblem, { candidates: [{ tier, engine }] }: ChosenPlan): void {
    if (tier === 0 || this.#noticed.has(key)) return;
    this.#noticed.add(key);
    const what = tier === 2 ? "only the naive engine" : `only engine ${engine} without tensor cores`;
    this.notice(
      `${describeProblem(problem)}: cuDNN ${cudnnVersionText(this.policy.cudnnVersion)} offers ${what} ` +
        `(${this.policy.precision}); this layer will be slow`,
    );
  }
}

function dispose(candidates: readonly Candidate[]): void {
  for (const candidate of candidates) candidate[Symbol.dispose]();
}

/** One of `chunks` equal parts of a problem's batch. */
export function chunkOf(problem: ConvolutionProblem, chunks: number): ConvolutionProblem {
  return { ...problem, batch: problem.batch / chunks };
}

/** A candidate without room to be measured comes after those that were. */
function tryMeasure(measure: (candidate: Candidate) => number | null, candidate: Candidate): number | null {
  try {
    return measure(candidate);
  } catch (error) {
    if (error instanceof OutOfMemoryError) return Infinity;
    throw error;
  }
}
