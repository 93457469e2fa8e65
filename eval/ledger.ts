/** What an evaluation has finished, kept beside its files, so that calling it again goes on where it was stopped. */
import { join } from "@std/path";
import { z } from "zod";
import { isFileName } from "../base/file_name.ts";
import { readTextFile, writeFileAtomic } from "../base/files.ts";
import { removeFiles } from "./stale_files.ts";

/** Name of the file in the folder of an evaluation. */
export const LEDGER_FILE = "evaluation.json";

/** What a piece of work depends on, as JSON: equal inputs give equal files. */
export type Inputs = Readonly<Record<string, string | number | boolean | null | readonly (string | number)[]>>;

// Files of a record may be removed: none is looked for outside its folder.
const LedgerSchema = z.record(
  z.string(),
  z.object({ inputs: z.record(z.string(), z.unknown()), files: z.record(z.string().refine(isFileName), z.number()) }),
);

type Entries = z.output<typeof LedgerSchema>;

/**
 * A record of finished pieces of work: what each was made from and which files it wrote. A piece counts as finished if
 * it was made from the same inputs and its files are there with the sizes they had.
 */
export class Ledger {
  readonly #path: string;

  private constructor(readonly folder: string, readonly common: Inputs, private readonly entries: Entries) {
    this.#path = join(folder, LEDGER_FILE);
  }

  /**
   * Reads the record in `folder`; one that is missing or damaged says that nothing is finished.
   *
   * @param common what every piece of work depends on, e.g. the checkpoint.
   */
  static async open(folder: string, common: Inputs): Promise<Ledger> {
    const text = await readTextFile(join(folder, LEDGER_FILE)).catch(() => "");
    return new Ledger(folder, common, parseEntries(text));
  }

  /**
   * Removes what was made with another checkpoint, as far as it is as it was, lest files of two lie side by side.
   *
   * @returns how many files went.
   */
  async removeOthers(): Promise<number> {
    let removed = 0;
    for (const [piece, { inputs, files }] of Object.entries(this.entries)) {
      if (Object.entries(this.common).every(([name, value]) => inputs[name] === value)) continue;
      delete this.entries[piece];
      await this.#write();
      const unchanged: string[] = [];
      for (const [name, bytes] of Object.entries(files)) {
        if (await sizeOf(join(this.folder, name)) === bytes) unchanged.push(name);
      }
      await removeFiles(this.folder, unchanged);
      removed += unchanged.length;
    }
    return removed;
  }

  /** Whether `piece` was finished from these inputs and its files are still there. */
  async has(piece: string, inputs: Inputs): Promise<boolean> {
    const entry = Object.hasOwn(this.entries, piece) ? this.entries[piece] : null;
    if (!entry || canonical(entry.inputs) !== canonical({ ...this.common, ...inputs })) return false;
    for (const [name, bytes] of Object.entries(entry.files)) {
      if (await sizeOf(join(this.folder, name)) !== bytes) return false;
    }
    return true;
  }

  /**
   * Does a piece of work unless it is finished.
   *
   * @param work writes files into the folder and returns their names.
   * @returns whether it had to be done.
   */
  async once(piece: string, inputs: Inputs, work: () => Promise<readonly string[]>): Promise<boolean> {
    if (await this.has(piece, inputs)) return false;
    // The old entry goes first: a stop in the middle leaves files of both, which no entry may vouch for.
    if (Object.hasOwn(this.entries, piece)) {
      delete this.entries[piece];
      await this.#write();
    }
    const names = await work();
    const files: Record<string, number> = {};
    for (const name of names) files[name] = (await Deno.stat(join(this.folder, name))).size;
    this.entries[piece] = { inputs: { ...this.common, ...inputs }, files };
    await this.#write();
    return true;
  }

  async #write(): Promise<void> {
    const sorted = Object.entries(this.entries).sort(([one], [other]) => one < other ? -1 : 1);
    await writeFileAtomic(this.#path, JSON.stringify(Object.fromEntries(sorted), null, 1) + "\n");
  }
}

function parseEntries(text: string): Entries {
  try {
    return LedgerSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** JSON with the keys in order. */
function canonical(inputs: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(inputs).sort(([one], [other]) => one < other ? -1 : 1));
}

/** Bytes of a file; −1 if there is none. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch {
    return -1;
  }
}
