/** Requests for memory of work that repeats: written down the first time, recognised from then on. */
import { type ArenaLayout, layOut, type Lifetime } from "./arena_layout.ts";

/** What was learned from one run of the work. */
export interface Plan extends ArenaLayout {
  /** Sizes of the requests whose blocks were released within the run, in their order. */
  readonly byteLengths: readonly number[];
}

/** One run of the work. Keys stand for its blocks. */
export class Rehearsal {
  readonly #lives: { byteLength: number; from: number; to: number | null }[] = [];
  readonly #indices = new Map<object, number>();
  #step = 0;
  #expected = 0;
  #asPlanned: boolean;

  /** `plan`: of an earlier run, or null if there is none. */
  constructor(readonly plan: Plan | null) {
    this.#asPlanned = plan !== null;
  }

  /** Whether every request so far was the one that the plan expects; false without a plan. */
  get asPlanned(): boolean {
    return this.#asPlanned;
  }

  /** Offset in the arena for the next request, or null if the plan has none for it. */
  place(byteLength: number): number | null {
    if (!this.plan || !this.#asPlanned) return null;
    this.#asPlanned = this.plan.byteLengths[this.#expected] === byteLength;
    return this.#asPlanned ? this.plan.offsets[this.#expected++] : null;
  }

  /** Notes that the plan does not hold for this run: another block still lies where the next was to go. */
  deviate(): void {
    this.#asPlanned = false;
  }

  /** Notes that a request was met with `block`. */
  begin(block: object, byteLength: number): void {
    this.#indices.set(block, this.#lives.length);
    this.#lives.push({ byteLength, from: this.#step++, to: null });
  }

  /** Notes that a block was released; others than those of this run are of no interest. */
  end(block: object): void {
    const index = this.#indices.get(block);
    if (index !== undefined) this.#lives[index].to = this.#step++;
  }

  /** A plan for the next run. What outlives this one, such as an optimiser's moments, is not asked for again. */
  learned(): Plan {
    const lives = this.#lives.filter((life): life is Lifetime => life.to !== null);
    return { ...layOut(lives), byteLengths: lives.map(({ byteLength }) => byteLength) };
  }
}
