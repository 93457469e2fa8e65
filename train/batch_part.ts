import { flagOf } from "../base/command.ts";
import { UserError } from "../base/errors.ts";
import type { Group } from "../nn/group/group.ts";
import type { TrainOptions } from "../run/config.ts";
import { BATCH_OPTIONS, ITERATION_OPTIONS, type StageName } from "./schedule.ts";

/**
 * The options of one rank of a run: with its part of each batch, of stages that the run has.
 * @throws {UserError} if the ranks cannot take equal parts.
 */
export function partOf(options: TrainOptions, { size }: Pick<Group, "size">): TrainOptions {
  const parts = { ...options };
  for (const stage of Object.keys(BATCH_OPTIONS) as StageName[]) {
    if (options[ITERATION_OPTIONS[stage]] === 0) continue;
    const name = BATCH_OPTIONS[stage];
    if (options[name] % size !== 0) {
      const flag = `--${flagOf(name)}`;
      throw new UserError(
        `${flag} ${options[name]} is no multiple of the ${size} ranks, which take equal parts of each batch; ` +
          `use ${flag} ${Math.ceil(options[name] / size) * size}, or another number of ranks`,
      );
    }
    parts[name] = options[name] / size;
  }
  return parts;
}
