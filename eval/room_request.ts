/** What new rooms are asked to be like, in the words of the run. */
import { closestString } from "@std/text/closest-string";
import { UserError } from "../base/errors.ts";
import type { Condition } from "../nn/prior/condition.ts";
import type { SamplerOptions } from "../nn/prior/flow_prior.ts";

/** Where codes of new rooms come from. */
export const PRIOR_NAMES = ["flow", "gaussian", "none"] as const;

/** "flow" is the learned distribution of codes, "gaussian" their mean and covariance, "none" N(0, 1) as in the paper. */
export type PriorName = typeof PRIOR_NAMES[number];

/** What rooms are asked to be like, and how they are drawn; nothing is asked if all is left out. */
export interface RoomRequest extends SamplerOptions {
  /** Where codes come from; the learned distribution if left out, N(0, 1) of a run without one. */
  readonly prior?: PriorName;
  /** Label of the scenes that they are to be like, such as "bedroom". */
  readonly type?: string;
  /** Names of classes that must be there. */
  readonly with?: readonly string[];
  /** Names of classes that must not. */
  readonly without?: readonly string[];
}

/** Whether something is asked of the rooms that only a learned distribution can give. */
export function asksForSomething({ type, with: present = [], without = [] }: RoomRequest): boolean {
  return type !== undefined || present.length > 0 || without.length > 0;
}

/**
 * The request in numbers of labels and classes.
 * @throws {UserError} for a label or class that there is not, and one that must both be there and not.
 */
export function conditionOf(
  { type, with: present = [], without = [] }: RoomRequest,
  labels: readonly string[],
  classNames: readonly string[],
): Condition {
  const both = present.find((name) => without.includes(name));
  if (both !== undefined) throw new UserError(`${both} must both be there and not; leave it out of with or without`);
  if (type !== undefined && labels.length === 0) {
    throw new UserError(
      `type ${type}: the scenes of this run have no labels; put a labels.csv beside them and train its prior again ` +
        `(deno task train --resume <run> --stage prior)`,
    );
  }
  const classes = (names: readonly string[]) => names.map((name) => numberOf(name, classNames, "class"));
  return {
    label: type === undefined ? undefined : numberOf(type, labels, "type of room"),
    present: classes(present),
    absent: classes(without),
  };
}

function numberOf(name: string, names: readonly string[], what: string): number {
  const number = names.indexOf(name);
  if (number >= 0) return number;
  throw new UserError(
    `there is no ${what} ${JSON.stringify(name)}; did you mean ${closestString(name, names)}? ` +
      `There are: ${names.join(", ")}`,
  );
}
