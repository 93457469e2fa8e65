/** Chosen plans on disk: a JSON file per GPU and version of the libraries, from problem to plan. */
import type { CacheFolder } from "../../../../base/cache_folder.ts";

/** A choice as it is kept. */
export interface StoredPlan {
  readonly engine: number;
  readonly tier: 0 | 1 | 2;
  /** As `Candidate.notes`. */
  readonly notes: readonly string[];
  /** Best of the measured times; null where nothing was measured. */
  readonly milliseconds: number | null;
  /** `EXECUTION_PLAN_JSON_REPRESENTATION`. */
  readonly plan: string;
}

/** The file of one GPU. */
export class PlanStore {
  readonly #plans: Map<string, StoredPlan>;

  /** `identity`: everything that a plan depends on besides its key, as part of a file name. */
  constructor(private readonly cache: CacheFolder, private readonly identity: string) {
    this.#plans = new Map(parse(cache.read(this.#file)));
  }

  get #file(): string {
    return `plans/${this.identity.replaceAll(/[^A-Za-z0-9.]+/g, "-")}.json`;
  }

  /** The choice for a problem, or undefined. */
  get(key: string): StoredPlan | undefined {
    return this.#plans.get(key);
  }

  /** Keeps a choice, in memory and on disk. */
  set(key: string, plan: StoredPlan): void {
    this.#plans.set(key, plan);
    this.#write();
  }

  /** Forgets a choice that turned out not to work, in memory and on disk. */
  delete(key: string): void {
    if (this.#plans.delete(key)) this.#write();
  }

  #write(): void {
    this.cache.write(this.#file, new TextEncoder().encode(JSON.stringify(Object.fromEntries(this.#plans), null, 1)));
  }
}

/** Entries of the file's content; whatever is not one is left out. */
function parse(content: Uint8Array | null): [string, StoredPlan][] {
  if (!content) return [];
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(content));
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).filter((entry): entry is [string, StoredPlan] => isStoredPlan(entry[1]));
  } catch {
    return [];
  }
}

function isStoredPlan(value: unknown): value is StoredPlan {
  if (typeof value !== "object" || value === null) return false;
  const { engine, tier, notes, milliseconds, plan } = value as Record<string, unknown>;
  return Number.isInteger(engine) && [0, 1, 2].includes(tier as number) && typeof plan === "string" && plan !== "" &&
    Array.isArray(notes) && notes.every((note) => typeof note === "string") &&
    (milliseconds === null || typeof milliseconds === "number");
}
