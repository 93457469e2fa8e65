/** `stats.jsonl`: a line per tick with losses and speed, the source of every curve. */
import { z } from "zod";
import { ioError, UserError } from "../base/errors.ts";
import { writeFileAtomic } from "../base/files.ts";

/** JSON has no NaN and no infinity; they are written as null and come back as NaN. */
const number = z.number().nullable().transform((value) => value ?? NaN);

const RowSchema = z.object({
  phase: z.string(),
  iteration: z.number().int(),
  step: z.number().int(),
  seconds: z.number(),
  losses: z.record(z.string(), number),
  iterationsPerSecond: number,
  peakBytes: z.number(),
  loading: z.object({ scenesPerSecond: number, waitedShare: number }).optional(),
  ranks: z.object({ count: z.number().int(), scenesPerSecond: number, waitedShare: number.optional() }).optional(),
  gradientNorms: z.record(z.string(), number).optional(),
  spikes: z.array(z.string()).optional(),
});

/** What a run was like at a tick. */
export interface StatisticsRow {
  /** "base", "refine" or "prior". */
  readonly phase: string;
  /** Iterations finished of this phase. */
  readonly iteration: number;
  /** Iterations finished over all phases. */
  readonly step: number;
  /** Time spent training since the run began, without the time between a stop and a resume. */
  readonly seconds: number;
  /** Losses by name, of the last iteration; NaN for what is no number. */
  readonly losses: Readonly<Record<string, number>>;
  /** Since the tick before. */
  readonly iterationsPerSecond: number;
  /** Most memory the engine held since the tick before. */
  readonly peakBytes: number;
  /** How scenes came in since the tick before; rows of older versions have none. */
  readonly loading?: Loading;
  /** The processes that trained together; left out where it was one. */
  readonly ranks?: Ranks;
  /** √Σg² of the gradients of each network that the last iteration trained, of its last step. */
  readonly gradientNorms?: Readonly<Record<string, number>>;
  /** Losses that are far above what they were of late; left out where there is none. */
  readonly spikes?: readonly string[];
}

/** Processes that train together. */
export type Ranks = {
  /** How many. */
  readonly count: number;
  /** Scenes, or codes, that all of them trained on. */
  readonly scenesPerSecond: number;
  /** Share of the time since the tick before that rank 0 waited for the others, 0 to 1; none where GPUs wait. */
  readonly waitedShare?: number;
};

/** How scenes came in between two ticks. */
export type Loading = {
  /** Scenes read from files, or made; those that were in memory do not count. */
  readonly scenesPerSecond: number;
  /** Share of the time that training waited for scenes, 0 to 1. */
  readonly waitedShare: number;
};

/** Rows of a `stats.jsonl`, none if it does not exist. @throws {UserError} as {@link parseStatistics}, or if it cannot be read. */
export async function readStatistics(path: string): Promise<StatisticsRow[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw ioError(path, "read", cause);
  }
  return parseStatistics(text, path);
}

/**
 * Rows of the text of a `stats.jsonl`, by steps that grow: where they fall back, the later rows count. A last line
 * without its end, left by a killed process, is not a row.
 *
 * @param path names the file in errors.
 * @throws {UserError} naming the file and the line that is no row.
 */
export function parseStatistics(text: string, path: string): StatisticsRow[] {
  const rows: StatisticsRow[] = [];
  for (const [index, line] of text.split("\n").slice(0, -1).entries()) {
    const row = parseRow(line, `${path}:${index + 1}`);
    while (rows.length > 0 && rows.at(-1)!.step >= row.step) rows.pop();
    rows.push(row);
  }
  return rows;
}

function parseRow(line: string, place: string): StatisticsRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UserError(`${place}: not valid JSON; remove the line`);
  }
  const result = RowSchema.safeParse(value);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new UserError(`${place}: ${path.join(".")}: ${message}; remove the line`);
}

/** A `stats.jsonl` open for writing. */
export class StatisticsFile implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(readonly path: string, readonly seconds: number) {
    this.#file = Deno.openSync(path, { append: true, create: true });
  }

  /**
   * Opens the file to go on after `step` iterations: rows of later ones are removed, so that the curves of a resumed
   * run are those of one that never stopped. {@link seconds} is the time of the last row left, or 0.
   *
   * @param step 0 for a new run.
   * @throws {UserError} if the file cannot be written or has lines that are no rows.
   */
  static async open(path: string, step: number): Promise<StatisticsFile> {
    const kept = (await readStatistics(path)).filter((row) => row.step <= step);
    await writeFileAtomic(path, kept.map((row) => JSON.stringify(row) + "\n").join(""));
    try {
      return new StatisticsFile(path, kept.at(-1)?.seconds ?? 0);
    } catch (cause) {
      throw ioError(path, "write", cause);
    }
  }

  /** Appends a row. @throws {UserError} if it cannot be written. */
  write(row: StatisticsRow): void {
    const line = new TextEncoder().encode(JSON.stringify(row) + "\n");
    try {
      for (let written = 0; written < line.length;) written += this.#file.writeSync(line.subarray(written));
    } catch (cause) {
      throw ioError(this.path, "write", cause);
    }
  }

  /** Waits until all rows are on the disk. @throws {UserError} if that fails. */
  async sync(): Promise<void> {
    try {
      await this.#file.syncData();
    } catch (cause) {
      throw ioError(this.path, "write", cause);
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}
