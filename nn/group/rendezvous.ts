/**
 * How ranks that share a folder, and nothing else, get the id of rank 0.
 *
 * Each of the others writes a number of its own, rank 0 the id with the numbers that it has seen, a line each. An id counts for a
 * rank if its number stands beside it: what a run that ended left behind has others. Rank 0 writes again when a number
 * changes, until all have come.
 */
import { join } from "@std/path";
import { writeFileAtomic } from "../../base/files.ts";
import { type Place, unheard } from "./patience.ts";

/** Between two looks at the folder, in milliseconds. */
const INTERVAL = 50;

/** What rank 0 does until all ranks have its id; the folder is gone afterwards. */
export class Host implements AsyncDisposable {
  #written = "";

  private constructor(
    private readonly folder: string,
    private readonly size: number,
    private readonly id: Uint8Array,
  ) {}

  /** Waits for a number of every other rank, of this run or not. @throws {UserError} */
  static async open(folder: string, size: number, id: Uint8Array, patienceSeconds: number): Promise<Host> {
    const host = new Host(folder, size, id);
    await until(() => host.refresh(), { rank: 0, size }, patienceSeconds);
    return host;
  }

  /** Writes the id for those who have come since; false if some never did. */
  async refresh(): Promise<boolean> {
    const others = Array.from({ length: this.size - 1 }, (_, i) => read(numberFile(this.folder, i + 1)));
    const seen = await Promise.all(others);
    if (seen.includes(null)) return false;
    const text = [this.id.toHex(), ...seen].join("\n");
    if (text !== this.#written) await writeFileAtomic(idFile(this.folder), text);
    this.#written = text;
    return true;
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The id, as one of the other ranks gets it. @throws {UserError} */
export async function idOfHost(
  folder: string,
  place: Place,
  patienceSeconds: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const own = crypto.randomUUID();
  await writeFileAtomic(numberFile(folder, place.rank), own);
  let id = "";
  await until(
    async () => {
      const [found, ...seen] = (await read(idFile(folder)) ?? "").split("\n");
      if (seen[place.rank - 1] !== own) return false;
      id = found;
      return true;
    },
    place,
    patienceSeconds,
  );
  return Uint8Array.fromHex(id);
}

const idFile = (folder: string) => join(folder, "id");
const numberFile = (folder: string, rank: number) => join(folder, `rank-${rank}`);

async function until(ready: () => Promise<boolean>, place: Place, patienceSeconds: number): Promise<void> {
  const started = performance.now();
  while (!await ready()) {
    if (performance.now() - started >= patienceSeconds * 1000) throw unheard(place, patienceSeconds);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}

async function read(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
