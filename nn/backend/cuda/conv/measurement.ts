/** How long something takes that is run for nothing else. */

/** Runs that count, after one that warms up; the shortest is taken. */
const COUNTED_RUNS = 3;
/** A warm-up this many times as long as the best so far ends the measurement, ... */
const HOPELESS = 3;
/** ... where it cannot come from the driver loading the kernels: that happens in the first run, too. */
const LOADING_MILLISECONDS = 50;

/** Milliseconds of the shortest of a few runs; null if one gives null. `best`: what there is to beat. */
export function shortestRun(run: () => number | null, best: number): number | null {
  const warmUp = run();
  if (warmUp === null || warmUp > HOPELESS * best + LOADING_MILLISECONDS) return warmUp;
  let shortest = Infinity;
  for (let i = 0; i < COUNTED_RUNS; i++) {
    const milliseconds = run();
    if (milliseconds === null) return null;
    shortest = Math.min(shortest, milliseconds);
  }
  return shortest;
}
