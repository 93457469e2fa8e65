/** Numbers that are none end a run before they are saved. */
import { UserError } from "../base/errors.ts";
import type { Position } from "./schedule.ts";
import type { State } from "../run/network_state.ts";

const REMEDY =
  "Start again, or --resume from the last checkpoint, with a smaller --learning-rate; --debug-nans finds the " +
  "operation where it began";

/** @throws {UserError} naming the first loss that is not a number any more; returns the losses as text otherwise. */
export function checkLosses(
  losses: Readonly<Record<string, number>>,
  { phase, iteration }: Position,
  lastFinite: string,
): string {
  const bad = Object.entries(losses).find(([, value]) => !Number.isFinite(value));
  if (!bad) return Object.entries(losses).map(([name, value]) => `${name} ${value.toPrecision(4)}`).join(", ");
  throw new UserError(
    `${phase} stage, iteration ${iteration + 1}: ${bad[0]} is ${
      bad[1]
    }; the last finite values were: ${lastFinite}. ${REMEDY}`,
  );
}

/**
 * Looks at every number of a state, also those that no loss depends on, such as taps of a filter that only ever meet
 * padding.
 *
 * @throws {UserError} naming the first tensor with a number that is none.
 */
export function checkState(state: State, { phase, iteration }: Position): void {
  for (const [name, { data }] of state) {
    const bad = data instanceof Float32Array ? data.findIndex((value) => !Number.isFinite(value)) : -1;
    if (bad < 0) continue;
    throw new UserError(
      `${phase} stage, iteration ${iteration + 1}: ${name} is ${data[bad]} at element ${bad}. ${REMEDY}`,
    );
  }
}
