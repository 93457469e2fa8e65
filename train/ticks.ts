/** What a run writes down now and then: a row of statistics, the same for TensorBoard. */
import type { Backend } from "../nn/backend/backend.ts";
import type { EventFile } from "../run/event_file.ts";
import type { Group } from "../nn/group/group.ts";
import { LossSpikes } from "./loss_spikes.ts";
import { BATCH_OPTIONS, type Position, type StageName } from "./schedule.ts";
import type { StatisticsFile, StatisticsRow } from "../run/statistics.ts";
import type { TrainingData } from "./training_data.ts";

/** What one iteration gave, by name. */
export interface Measured {
  /** Losses of the iteration. */
  readonly losses: Readonly<Record<string, number>>;
  /** √Σg² of the gradients of each network that was trained. */
  readonly gradientNorms: Readonly<Record<string, number>>;
}

/** Where the rows of a run go. */
export interface TickFiles {
  /** `stats.jsonl`. */
  readonly statistics: StatisticsFile;
  /** TensorBoard's file. */
  readonly events: EventFile;
}

/** What a run is made of, as far as its rows tell of it. */
export interface TickContext {
  /** Its engine. */
  readonly backend: Backend;
  /** Its scenes. */
  readonly data: TrainingData;
  /** The processes that train together. */
  readonly group: Group;
  /** Iterations finished. */
  readonly step: number;
}

/** Keeps the time between ticks and what was usual so far. */
export class Ticks {
  readonly #clock: Clock;
  readonly #spikes: LossSpikes;

  /** @param before rows of the run so far. */
  constructor(
    private readonly files: TickFiles,
    private readonly context: TickContext,
    before: readonly StatisticsRow[],
  ) {
    this.#clock = new Clock(files.statistics.seconds, context);
    this.#spikes = new LossSpikes(before);
  }

  /** What the row of an iteration would be, without an end to the time between ticks; it is written nowhere. */
  preview({ phase, iteration }: Position, step: number, losses: Measured["losses"]): StatisticsRow {
    const { peakBytes } = this.context.backend.memory;
    return { phase, iteration: iteration + 1, step, losses, peakBytes, ...this.#clock.sinceTick(step, phase) };
  }

  /** Leaves the time since the last row out of the speed that the next one tells. */
  restart(step: number): void {
    this.#clock.tick(step, "prior");
  }

  /** Writes and returns the row of an iteration, the last of `step`. @throws {UserError} if it cannot be written. */
  record({ phase, iteration }: Position, step: number, { losses, gradientNorms }: Measured): StatisticsRow {
    const { memory } = this.context.backend, { statistics, events } = this.files;
    const spikes = this.#spikes.watch(losses), { peakBytes } = memory;
    memory.resetPeak();
    const row: StatisticsRow = {
      ...{ phase, iteration: iteration + 1, step, losses, peakBytes, gradientNorms },
      ...this.#clock.tick(step, phase),
      ...spikes.length > 0 ? { spikes } : {},
    };
    statistics.write(row);
    events.scalars(step, row.losses);
    events.scalars(step, { "speed/iterationsPerSecond": row.iterationsPerSecond, "memory/peakBytes": peakBytes });
    events.scalars(step, prefixed("gradientNorm/", gradientNorms));
    const waitedShare = row.ranks?.waitedShare;
    if (waitedShare !== undefined) events.scalars(step, { "ranks/waitedShare": waitedShare });
    if (row.loading) events.scalars(step, prefixed("loading/", row.loading));
    return row;
  }
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

/** Time spent training, over several calls of the program, and how scenes came in meanwhile. */
class Clock {
  readonly #started = performance.now();
  #tickAt = performance.now();
  #scenesAtTick: number;
  #waitedAtTick = 0;
  #ranksWaitedAtTick: number;
  #stepAtTick: number;

  constructor(readonly secondsBefore: number, private readonly context: TickContext) {
    this.#scenesAtTick = context.data.scenesRead;
    this.#ranksWaitedAtTick = context.group.secondsWaited ?? 0;
    this.#stepAtTick = context.step;
  }

  sinceTick(
    step: number,
    phase: StageName,
  ): Pick<StatisticsRow, "seconds" | "iterationsPerSecond" | "loading" | "ranks"> {
    const now = performance.now(), elapsed = (now - this.#tickAt) / 1000;
    const { data: { scenesRead, secondsWaited, options }, group } = this.context;
    const iterationsPerSecond = (step - this.#stepAtTick) / elapsed;
    const loading = {
      scenesPerSecond: (scenesRead - this.#scenesAtTick) / elapsed,
      waitedShare: (secondsWaited - this.#waitedAtTick) / elapsed,
    };
    const seconds = this.secondsBefore + (now - this.#started) / 1000;
    if (group.size === 1) return { seconds, iterationsPerSecond, loading };
    const scenesPerSecond = iterationsPerSecond * group.size * options[BATCH_OPTIONS[phase]];
    const { secondsWaited: waited } = group;
    const waitedShare = waited === null ? undefined : (waited - this.#ranksWaitedAtTick) / elapsed;
    return { seconds, iterationsPerSecond, loading, ranks: { count: group.size, scenesPerSecond, waitedShare } };
  }

  tick(step: number, phase: StageName): ReturnType<Clock["sinceTick"]> {
    const row = this.sinceTick(step, phase);
    this.#tickAt = performance.now();
    this.#scenesAtTick = this.context.data.scenesRead;
    this.#waitedAtTick = this.context.data.secondsWaited;
    this.#ranksWaitedAtTick = this.context.group.secondsWaited ?? 0;
    this.#stepAtTick = step;
    return row;
  }
}
