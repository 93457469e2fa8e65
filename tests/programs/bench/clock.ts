/** Ways to take the time of an engine's work. */
import type { Backend } from "../../../nn/backend/backend.ts";

/** Milliseconds that work takes. */
export type Clock = (work: () => void) => number;

/** From an idle engine to an idle engine, on the wall's clock. */
export function wallClock(backend: Backend): Clock {
  return (work) => {
    backend.synchronize();
    const start = performance.now();
    work();
    backend.synchronize();
    return performance.now() - start;
  };
}

/** Median of so many repetitions, after one that does not count. */
export function medianMilliseconds(clock: Clock, repetitions: number, work: () => void): number {
  clock(work);
  return Array.from({ length: repetitions }, () => clock(work)).sort((a, b) => a - b)[repetitions >> 1];
}
