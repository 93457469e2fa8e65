/** Flags of `deno task eval`, and which mode reads which. */
import { z } from "zod";
import { UserError } from "../base/errors.ts";
import { CPU_ENGINES } from "../nn/backend/cpu/native/choice.ts";
import { DEVICE_PATTERN } from "../nn/backend/device_name.ts";
import { INTERPOLATION_PATHS } from "./modes/interpolate.ts";
import { LEAST_TRUNCATION } from "./modes/generate/truncated_codes.ts";

/** What an evaluation can do. */
const MODES = ["recons", "generate", "interpolate", "noise", "latent", "all"] as const;

/** One of {@link MODES}. */
export type Mode = (typeof MODES)[number];

/** The flags; those that only some modes read are left out unless given. */
export const EvalFlagsSchema = z.object({
  mode: z.enum(MODES).default("recons").describe(
    "recons: unseen scenes; generate: new rooms; interpolate: walks from scene to scene; noise: each cell of the code " +
      "perturbed; latent: a map of codes; all: everything and a page index.html",
  ),
  run: z.array(z.string()).optional()
    .describe("run folder [the newest in runs/]; with latent also further ones to compare with"),
  step: z.int().min(0).optional().describe("checkpoint [the newest]"),
  data: z.string().optional().describe(
    "scenes to evaluate on [what the run held out], or to compare generated ones with [its training scenes]",
  ),
  allowOverlap: z.boolean().optional().describe("measure also on scenes of --data that the run was trained on"),
  count: z.int().min(1).max(1_000_000).optional().describe("at most so many scenes [200; 1 with noise]"),
  pairs: z.int().min(2).max(100).optional().describe("scenes to walk between, each to each [4]"),
  steps: z.int().min(2).max(1000).optional().describe("rooms of a walk [30]"),
  path: z.enum(INTERPOLATION_PATHS).optional().describe("way between codes [linear, as the original]"),
  seed: z.int().min(0).max(0xffffffff).optional().describe("seed of generated rooms and of noise [0]"),
  truncation: z.number().min(LEAST_TRUNCATION).optional()
    .describe("draw the numbers of a code again that are larger than this; lower is safer and less varied [no limit]"),
  metrics: z.boolean().optional().describe("measure generated rooms; --no-metrics leaves it out"),
  encoder: z.string().optional()
    .describe("run or checkpoint file whose encoder the measures of generated rooms use [the run's own]"),
  batch: z.int().min(1).optional().describe("scenes that go through the networks together [the run's]"),
  bn: z.enum(["running", "batch"]).optional().describe("statistics of batch norm [the run's]; batch as the original"),
  device: z.string().regex(DEVICE_PATTERN, "expected auto, cpu, cuda or cuda:<number>").default("auto")
    .describe("engine that computes: auto, cpu, cuda or cuda:<number>"),
  cpuEngine: z.enum(CPU_ENGINES).default("auto")
    .describe("code of the cpu engine: native for machine code, wasm for WebAssembly"),
  threads: z.int().min(1).max(512).optional().describe("threads [one per core]"),
  out: z.string().optional().describe("folder for the files [evaluation/step-… in the run]"),
});

/** Values of the flags. */
export type EvalFlags = z.output<typeof EvalFlagsSchema>;

/** Modes that read a flag; flags that are not here belong to every mode. */
const READERS: Partial<Record<keyof EvalFlags, readonly Mode[]>> = {
  allowOverlap: ["recons", "interpolate", "noise", "latent", "all"],
  count: ["recons", "generate", "noise", "latent", "all"],
  pairs: ["interpolate", "all"],
  steps: ["interpolate", "all"],
  path: ["interpolate", "all"],
  seed: ["generate", "noise", "all"],
  truncation: ["generate", "all"],
  metrics: ["generate", "all"],
  encoder: ["generate", "all"],
};

/** Refuses flags that the mode would ignore. @throws {UserError} naming the flag and the modes that read it. */
export function checkFlags(flags: EvalFlags): void {
  const { mode, run = [] } = flags;
  for (const [key, modes] of Object.entries(READERS)) {
    if (flags[key as keyof EvalFlags] === undefined || modes.includes(mode)) continue;
    throw new UserError(`--${flagName(key)} is of no use to --mode ${mode}; it is for ${modes.join(", ")}`);
  }
  if (run.length > 1 && mode !== "latent" && mode !== "all") {
    throw new UserError(`--run ${run.join(" --run ")}: --mode ${mode} takes one run, only latent compares several`);
  }
}

/** The command that does one mode of a call, for a person to repeat it. */
export function commandOf(mode: Mode, root: string, step: number, flags: EvalFlags): string {
  const kept = Object.entries({ ...flags, step }).filter(([key, value]) =>
    value !== undefined && !["mode", "run", "device", "cpuEngine", "threads"].includes(key) &&
    (READERS[key as keyof EvalFlags] ?? MODES).includes(mode) && !(key === "count" && mode === "noise")
  );
  const others = mode === "latent" || mode === "all" ? flags.run?.slice(1) ?? [] : [];
  const words = [["run", root], ...others.map((other) => ["run", other]), ...kept].map(([key, value]) =>
    value === true
      ? `--${flagName(key as string)}`
      : value === false
      ? `--no-${flagName(key as string)}`
      : `--${flagName(key as string)} ${quoted(String(value))}`
  );
  return `deno task eval --mode ${mode} ${words.join(" ")}`;
}

function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A word for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
