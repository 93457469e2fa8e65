/** Lets the rest of the program go on between two iterations. */
import { setImmediate } from "node:timers";

/** Longest time in milliseconds that a signal waits behind iterations that are shorter. */
const SIGNALS_EVERY = 500;

/**
 * Turns of the event loop. A timer makes the runtime wait for whatever there is from outside, signals and files, but
 * takes two milliseconds however short it is set, as long as a fifth of a small iteration; so most turns do without.
 */
export class EventTurns {
  #signalsAt = -Infinity;

  /** Resolves after a turn; every half second, one that lets signals through. */
  next(): Promise<void> {
    const now = performance.now();
    if (now - this.#signalsAt < SIGNALS_EVERY) return new Promise((resolve) => setImmediate(resolve));
    this.#signalsAt = now;
    return new Promise((resolve) => setTimeout(resolve, 0));
  }
}
