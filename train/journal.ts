/** What a run writes while it goes on, by the process that owns its folder. */
import type { TrainOptions } from "../run/config.ts";
import { savedOptions } from "../run/options.ts";
import type { RunFolder } from "../run/run_folder.ts";
import { EventFile } from "../run/event_file.ts";
import { readStatistics, StatisticsFile } from "../run/statistics.ts";
import { type TickContext, Ticks } from "./ticks.ts";

/** Rows of statistics and TensorBoard's events, open for writing. */
export class Journal implements Disposable {
  readonly #files: DisposableStack;

  private constructor(
    /** `stats.jsonl`. */
    readonly statistics: StatisticsFile,
    /** TensorBoard's file. */
    readonly events: EventFile,
    /** Writes both. */
    readonly ticks: Ticks,
    files: DisposableStack,
  ) {
    this.#files = files;
  }

  /** Goes on after the step of `context`, or begins. @throws {UserError} if a file cannot be read or written. */
  static async open(
    folder: RunFolder,
    options: TrainOptions,
    context: TickContext,
    begins: boolean,
  ): Promise<Journal> {
    const { step } = context;
    using files = new DisposableStack();
    const statistics = files.use(await StatisticsFile.open(folder.statistics, step));
    const events = files.use(await EventFile.create(folder.events, begins ? 0 : step + 1));
    events.hyperparameters(step, hyperparameters(options));
    const ticks = new Ticks({ statistics, events }, context, await readStatistics(folder.statistics));
    return new Journal(statistics, events, ticks, files.move());
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    this.#files.dispose();
  }
}

/** Options as TensorBoard takes them: lists as text; classes, which are none, left out. */
function hyperparameters(options: TrainOptions): Record<string, number | string | boolean> {
  const { classes: _, ...rest } = savedOptions(options), values: Record<string, number | string | boolean> = {};
  for (const [name, value] of Object.entries(rest)) values[name] = typeof value === "object" ? value.join(", ") : value;
  return values;
}
