/** What a fault is, and the random numbers that choose when and where it strikes. */
import { philox, type RandomKey } from "../../../base/random.ts";
import type { Curve, RunUnderTest } from "./run_under_test.ts";

/** How a run came through a fault. */
export type Outcome =
  /** The process saved and ended in order. */
  | "saved"
  /** The process was gone at once; the run goes on from its newest checkpoint. */
  | "killed"
  /** The process ended with a sentence that says what to do; done so, the run went on. */
  | "explained"
  /** The process ended before the fault could strike. */
  | "missed";

/** A kind of fault. */
export interface Fault {
  /** A few words for tables. */
  readonly name: string;
  /** What this machine lacks for it, or null. */
  readonly lacks: string | null;
  /** Starts the run or goes on with it, strikes, does what the error says, and leaves a run that can go on. */
  strike(run: RunUnderTest, chance: Chance, undisturbed: Curve): Promise<Outcome>;
}

/** A sequence of random numbers: the same seed gives the same faults. */
export class Chance {
  readonly #words = new Uint32Array(4);
  #block = 0;

  constructor(readonly key: RandomKey) {}

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    philox(this.#block++, this.key, this.#words);
    return least + this.#words[0] % (most - least + 1);
  }

  /** One of `choices`. */
  of<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)];
  }
}
