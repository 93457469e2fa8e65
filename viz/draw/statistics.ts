/** Losses of a run, read back from its `stats.jsonl`. */
import { z } from "zod";
import { UserError } from "../../base/errors.ts";

/** Loss values at a tick of a run. */
export interface LossRow {
  /** "base" or "refine". */
  readonly phase: string;
  /** Iterations finished over all phases. */
  readonly step: number;
  /** Finite losses by name. */
  readonly losses: ReadonlyMap<string, number>;
}

const RowSchema = z.object({
  phase: z.string(),
  iteration: z.number(),
  step: z.number().optional(),
  losses: z.record(z.string(), z.number().nullable()),
});

/**
 * Rows of the text of a `stats.jsonl`, with steps that always grow. A last line without its end, left by a killed
 * process, is ignored; so are keys that are not known and losses that are null (JSON for not a number). Where a row
 * lacks `step`, its iterations are counted on from the end of the phase before. Where steps fall back, as when a run
 * went on from a checkpoint, the later rows count.
 *
 * @param name names the file in errors.
 * @throws {UserError} that names the first whole line that is not such a row.
 */
export function parseStatistics(text: string, name: string): LossRow[] {
  const rows: LossRow[] = [];
  let phase = "", phaseStart = 0;
  const lines = text.split("\n");
  lines.forEach((line, index) => {
    if (line.trim() === "") return;
    const parsed = parseRow(line);
    if (parsed === null) {
      if (index === lines.length - 1) return;
      throw new UserError(
        `${name}, line ${index + 1}: expected a JSON object with phase, iteration and losses, found ` +
          `${JSON.stringify(line.slice(0, 60))}; remove the line`,
      );
    }
    if (parsed.phase !== phase) {
      phase = parsed.phase;
      phaseStart = rows.findLast((row) => row.phase !== phase)?.step ?? 0;
    }
    const step = parsed.step ?? phaseStart + parsed.iteration;
    while (rows.length > 0 && rows[rows.length - 1].step >= step) rows.pop();
    const finite = Object.entries(parsed.losses).filter((entry): entry is [string, number] => entry[1] !== null);
    rows.push({ phase, step, losses: new Map(finite) });
  });
  return rows;
}

function parseRow(line: string): z.output<typeof RowSchema> | null {
  try {
    return RowSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null; // not JSON
  }
}
