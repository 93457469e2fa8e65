/** Flags of `deno task eval`, put together from those of its modes. */
import { z } from "zod";
import { flagOf } from "../base/command.ts";
import { UserError } from "../base/errors.ts";
import { COMMON_FLAGS, type FlagsOf } from "./mode.ts";
import { ALL } from "./modes/all/all.ts";
import { MODES } from "./modes/modes.ts";
import { REPLAY } from "./modes/replay.ts";

const CALLABLE: readonly (typeof ALL)[] = [...MODES, REPLAY, ALL];
/** Flags of one mode or another. */
const OF_MODES: z.ZodRawShape = { ...ALL.flags, ...REPLAY.flags };
/** Their names by the modes that read them. */
const BY_READERS = Map.groupBy(
  Object.keys(OF_MODES),
  (key) => CALLABLE.filter(({ name, flags }) => name !== ALL.name && key in flags).map(({ name }) => name).join(", "),
);
const { run, step, data, ...others } = COMMON_FLAGS;

/** The flags; those that only some modes read are left out unless given. */
export const EvalFlagsSchema = z.object({
  mode: z.enum(CALLABLE.map(({ name }) => name)).default(MODES[0].name)
    .describe(CALLABLE.map(({ name, help }) => `${name}: ${help}`).join("; ")),
  ...{ run, step, data },
  ...Object.fromEntries([...BY_READERS.values()].flat().map((key) => [key, OF_MODES[key]])),
  ...others,
});

/** Headings of the flags in `--help`: by the modes that read them. */
export const EVAL_HEADINGS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Array.from(BY_READERS, ([readers, [first]]) => [first, `For --mode ${readers}`])),
  [Object.keys(others)[0]]: "For every mode",
};

/** Values of the flags. */
export type EvalFlags = FlagsOf<z.ZodRawShape> & { readonly mode: string };

/** The mode that the flags ask for. @throws {UserError} naming a flag that it would ignore, and the modes that read it. */
export function modeOf(flags: EvalFlags): typeof ALL {
  const mode = CALLABLE.find(({ name }) => name === flags.mode)!, { run = [] } = flags;
  for (const key of Object.keys(OF_MODES)) {
    if (flags[key as keyof EvalFlags] === undefined || key in mode.flags) continue;
    const readers = CALLABLE.filter((each) => key in each.flags).map(({ name }) => name).join(", ");
    throw new UserError(`--${flagOf(key)} is of no use to --mode ${mode.name}; it is for ${readers}`);
  }
  if (run.length > 1 && !mode.severalRuns) {
    const which = MODES.filter(({ severalRuns }) => severalRuns).map(({ name }) => name).join(", ");
    throw new UserError(
      `--run ${run.join(" --run ")}: --mode ${mode.name} takes one run, only ${which} compares several`,
    );
  }
  return mode;
}
