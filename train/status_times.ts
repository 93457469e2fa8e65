/** When a person who watches wants to hear again: every few seconds at first, once a minute in the end. */

const FIRST_WAIT_MS = 3_000;
const LONGEST_WAIT_MS = 60_000;
const GROWTH = 1.25;

/** Tells when the next line of status is due. */
export class StatusTimes {
  #toldAt: number;
  #wait = FIRST_WAIT_MS;

  /** `now`: milliseconds from any start. */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.#toldAt = now();
  }

  /** Whether the last line is longer ago than it should be. */
  get due(): boolean {
    return this.now() - this.#toldAt >= this.#wait;
  }

  /** To be called with every line. */
  told(): void {
    this.#toldAt = this.now();
    this.#wait = Math.min(LONGEST_WAIT_MS, GROWTH * this.#wait);
  }
}
