/** What new rooms are asked to be like, as flags. */
import { z } from "zod";
import { WORD_LIST } from "../base/command.ts";
import { GUIDANCE, TEMPERATURE } from "../nn/prior/flow_prior.ts";
import { SAMPLER_STEPS } from "../nn/prior/integrate.ts";
import { SAMPLER_FIELDS } from "../run/project.ts";
import type { RoomRequest } from "./room_request.ts";

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
