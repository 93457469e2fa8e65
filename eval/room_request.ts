/** What new rooms are asked to be like, in the words of the run. */
import { closestString } from "@std/text/closest-string";
import { z } from "zod";
import { WORD_LIST } from "../base/command.ts";
import { UserError } from "../base/errors.ts";
import type { Condition } from "../nn/prior/condition.ts";
import { SAMPLER_STEPS } from "../nn/prior/integrate.ts";
import { GUIDANCE, type SamplerOptions, TEMPERATURE } from "../nn/prior/flow_prior.ts";
import { SAMPLER_FIELDS } from "../run/project.ts";

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

/** The flags that stand for a request, of every mode that makes rooms. */
export const REQUEST_FLAGS = {
  type: z.string().min(1).optional().describe("kind of new rooms, such as bedroom: a label of the training scenes"),
  with: WORD_LIST.describe("classes that new rooms must have, such as bed,table"),
  without: WORD_LIST.describe("classes that they must not have, such as sofa"),
  guidance: SAMPLER_FIELDS.guidance.optional().describe(
    `how much of what is asked is obeyed, 1 as learned [${GUIDANCE}]`,
  ),
  temperature: SAMPLER_FIELDS.temperature.optional().describe(
    `factor of the noise: 1 as learned, less for likelier rooms of less variety [${TEMPERATURE}]`,
  ),
  samplerSteps: SAMPLER_FIELDS.steps.optional().describe(`steps from noise to a code [${SAMPLER_STEPS}]`),
};

/** The request that flags stand for, without what was not given. */
export function requestOf(
  { samplerSteps, guidance, temperature, type, with: present, without }: z.output<z.ZodObject<typeof REQUEST_FLAGS>>,
): RoomRequest {
  const given = Object.entries({ steps: samplerSteps, guidance, temperature, type, with: present, without });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
