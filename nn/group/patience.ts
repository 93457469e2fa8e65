/** Waiting for other ranks, who may be gone. */
import { UserError } from "../../base/errors.ts";
import { yieldCore } from "../../ffi/mod.ts";

/** Polls between two looks at the clock, and before the core is first left to others: some tens of microseconds. */
const POLLS_PER_LOOK = 256;

/** One rank's place among all. */
export interface Place {
  readonly rank: number;
  readonly size: number;
}

/**
 * Waits awake until `passed` says so, but lets others have the core.
 *
 * @param patienceSeconds Infinity for ever.
 * @param look done now and then meanwhile.
 * @returns seconds that it took.
 * @throws {UserError} if it takes longer than there is patience.
 */
export function waitFor(
  passed: () => boolean,
  place: Place,
  patienceSeconds: number,
  look: () => void = () => {},
): number {
  const started = performance.now();
  for (let polls = 1; !passed(); polls++) {
    if (polls >= POLLS_PER_LOOK) yieldCore();
    if (polls % POLLS_PER_LOOK !== 0) continue;
    look();
    if (performance.now() - started >= patienceSeconds * 1000) throw unheard(place, patienceSeconds);
  }
  return (performance.now() - started) / 1000;
}

/** The others were not heard for so long. */
export function unheard({ rank, size }: Place, seconds: number): UserError {
  return new UserError(
    `rank ${rank} has heard nothing from the other ${
      size - 1
    } for ${seconds} s: one of them or the connection to it is ` +
      `gone, or has much to do (--rank-timeout waits longer); a training goes on from its last checkpoint with --resume`,
  );
}
