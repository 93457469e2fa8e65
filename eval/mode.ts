/** What a mode of evaluation is: `deno task eval --mode <name>`. The list of modes is `modes/modes.ts`. */
import { z } from "zod";
import { flagOf, shellWord } from "../base/command.ts";
import { OptionsSchema } from "../run/config.ts";
import type { ReportSection } from "./report.ts";
import type { Run } from "./run.ts";
import type { UnseenScenes } from "./unseen_scenes.ts";
import type { Workspace } from "./workspace.ts";

/** A mode: its flags, its work, its part of the page `index.html`. */
export interface Mode<Flags extends z.ZodRawShape = z.ZodRawShape> {
  /** The word behind `--mode`. */
  readonly name: string;
  /** What it does, for `--help`. */
  readonly help: string;
  /** Flags that it reads beside {@link COMMON_FLAGS}; those of several modes are in {@link SHARED_FLAGS}. */
  readonly flags: Flags;
  /** The picture to look at, as a path or pattern in the folder of the files. */
  readonly picture: string;
  /** Whether further runs may be named, to compare with. */
  readonly severalRuns?: boolean;
  /** What of a call of `all` it reads; everything if left out. */
  ofAll?(flags: FlagsOf<Flags>): FlagsOf<Flags>;
  /** How many unseen scenes it takes. */
  scenes(flags: FlagsOf<Flags>): number;
  /** Why `all` leaves it out, if this run or these scenes do not allow it. */
  leftOut?(call: Call<Flags>): string | null;
  /** Does what is not done yet. @returns what to print. */
  work(call: Call<Flags>): Promise<string>;
  /** Its part of the page, made from its files. */
  section(call: Call<Flags>): Promise<Omit<ReportSection, "command">>;
}

/** What a mode works with. */
export interface Call<Flags extends z.ZodRawShape = z.ZodRawShape> {
  /** The run and the folder for the files. */
  readonly workspace: Workspace;
  /** As many scenes as the mode takes, or all there are. */
  readonly scenes: UnseenScenes;
  /** Values of its flags. */
  readonly flags: FlagsOf<Flags>;
  /** Further runs. */
  readonly others: readonly Run[];
}

/** Values of a mode's flags. */
export type FlagsOf<Flags extends z.ZodRawShape> =
  & z.output<z.ZodObject<typeof COMMON_FLAGS>>
  & z.output<z.ZodObject<Flags>>;

/** Flags of every mode. */
export const COMMON_FLAGS = {
  run: z.array(z.string()).optional()
    .describe("run folder [the newest in runs/]; with latent also further ones to compare with"),
  step: z.int().min(0).optional().describe("checkpoint [the newest]"),
  data: z.string().optional().describe(
    "scenes to evaluate on [what the run held out], or to compare generated ones with [its training scenes]",
  ),
  batch: z.int().min(1).optional().describe("scenes that go through the networks together [the run's]"),
  bn: z.enum(["running", "batch"]).optional().describe("statistics of batch norm [the run's]; batch as the original"),
  device: OptionsSchema.shape.device,
  cpuEngine: OptionsSchema.shape.cpuEngine,
  threads: OptionsSchema.shape.threads,
  out: z.string().optional().describe("folder for the files [evaluation/step-… in the run]"),
};

/** Flags of several modes; left out unless given, so that a mode may have a default of its own. */
export const SHARED_FLAGS = {
  allowOverlap: z.boolean().optional().describe("measure also on scenes of --data that the run was trained on"),
  count: z.int().min(1).max(1_000_000).optional().describe("at most so many scenes [200; 1 with noise]"),
  scene: z.string().min(1).optional().describe(
    "file with the scene to complete or extend, its first [one that the run held out]",
  ),
  seed: z.int().min(0).max(0xffffffff).optional().describe("seed of generated rooms and of noise [0]"),
};

/** Scenes unless told otherwise: as many as the paper evaluates. */
export const SCENES = 200;

/** The command that does one mode of a call, for a person to repeat it. */
export function commandOf(
  mode: Pick<Mode, "name" | "flags" | "severalRuns">,
  { root, step }: Pick<Run, "root" | "step">,
  { run = [], ...flags }: FlagsOf<z.ZodRawShape>,
): string {
  const left = ["device", "cpuEngine", "threads"];
  const names = Object.keys({ ...COMMON_FLAGS, ...mode.flags }).filter((name) => !left.includes(name));
  const kept = Object.entries({ ...flags, step }).filter(([name, value]) =>
    value !== undefined && names.includes(name)
  );
  const runs = [root, ...mode.severalRuns ? run.slice(1) : []].map((each) => ["run", each] as const);
  const words = [...runs, ...kept].map(([name, value]) =>
    typeof value === "boolean"
      ? `--${value ? "" : "no-"}${flagOf(name)}`
      : `--${flagOf(name)} ${shellWord(String(value))}`
  );
  return `deno task eval --mode ${mode.name} ${words.join(" ")}`;
}
