/** `deno task compare`. */
import { join } from "@std/path";
import { z } from "zod";
import { print, runCommand, shellWord } from "../../base/command.ts";
import { UserError } from "../../base/errors.ts";
import { progressOf } from "../../base/progress.ts";
import { scenesMeant } from "../../data/rooms/mod.ts";
import { hangupIsIgnored } from "../../ffi/hangup.ts";
import { startedAs } from "../../ffi/started.ts";
import type { StatisticsRow } from "../../run/statistics.ts";
import { alignedTable } from "../../base/table.ts";
import { ordinalOf, resolveDevice } from "../../nn/backend/device_name.ts";
import type { Backend } from "../../nn/backend/backend.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { engineOptions, OptionsSchema, type TrainOptions } from "../../run/config.ts";
import { assignments, type OptionLayer } from "../../run/options.ts";
import { lettered, statusLine } from "../../train/status_line.ts";
import { StopSignals } from "../../train/stop_signals.ts";
import { BUDGET_NAMES, type BudgetName, BUDGETS } from "./budgets.ts";
import { overallTable, writeStudy } from "./report.ts";
import { evaluateStudyRun, type RunScores } from "./scene_scores.ts";
import { assembleStudy } from "./study.ts";
import { existingRuns, studyOptions, type StudyRun, trainRun, unequalBudgets } from "./study_runs.ts";
import { CONV_RUN, PAPER_RUNS, type RunName } from "./systems.ts";

/** Asked first of all: later the runtime itself may catch the signal. */
const OUTLIVES_TERMINAL = hangupIsIgnored();

await runCommand({
  name: "deno task compare",
  summary:
    "The paper's study: trains VAE 200, VAE 1200, FC-VAE and FC-alphaGAN under equal budgets on the same scenes,\n" +
    "reconstructs the same held-out scenes with each (and with the refiner), and draws the four charts of the paper\n" +
    "with its values beside ours. --conv adds a sixth system. Ctrl-C saves; the same command goes on.",
  options: z.object({
    budget: z.enum(BUDGET_NAMES).default("tiny")
      .describe(
        "how long to train: on one core tiny takes a quarter of an hour, small an hour; full is the paper, for a GPU",
      ),
    conv: z.boolean().default(false).describe("also FC-alphaGAN with the generator that tiny and small have"),
    out: z.string().min(1).optional().describe("folder of the study [runs/compare-<budget>; runs/compare with --runs]"),
    runs: z.string().min(1).optional()
      .describe("runs to compare instead of training any, as folder,folder,…: at most one of each system"),
    data: z.string().min(1).optional().describe('file or folder with scenes, or "rooms" for generated ones [rooms]'),
    seed: z.int().min(0).max(0xffffffff).optional().describe("start of every random sequence [0]"),
    count: z.int().min(2).max(1_000_000).optional().describe("at most so many unseen scenes [the budget's]"),
    set: z.array(z.string()).optional().describe("an option of every run as name=value; may be repeated"),
    device: OptionsSchema.shape.device,
    cpuEngine: OptionsSchema.shape.cpuEngine,
    threads: OptionsSchema.shape.threads,
  }),
  examples: [
    ["deno task compare", "a first look"],
    ["deno task compare --budget full --data Scenevox --device cuda", "the paper's study on your scenes"],
    ["deno task compare --runs runs/a,runs/b --out runs/a-and-b", "two runs that exist already"],
  ],
  async run({ budget, conv, out, runs, count, ...flags }) {
    if (startedAs().rank > 0) return; // rank 0 does it: others would do the same in the same folder
    const folder = out ?? join("runs", runs === undefined ? `compare-${budget}` : "compare");
    const unseen = count ?? BUDGETS[budget].scenes;
    if (runs !== undefined && (conv || (flags.data ?? flags.seed ?? flags.set) !== undefined)) {
      throw new UserError(
        "--conv, --data, --seed and --set are about training; runs given with --runs have theirs already",
      );
    }
    if (runs === undefined) return await trainAndCompare(folder, budget, unseen, { conv, ...flags });
    const existing = await existingRuns(runs.split(",").map((each) => each.trim()));
    const { options } = [...existing.values()][0];
    const device = resolveDevice(flags.device), precision = ordinalOf(device) === null ? "fp32" : options.precision;
    using backend = await open({ ...options, ...engineFlags(flags), device, precision });
    await compare(folder, existing, unseen, backend, flags.threads);
  },
}, Deno.args);

/** Which engine computes. */
type EngineFlags = Pick<TrainOptions, "cpuEngine" | "threads"> & { readonly device: string };

interface Flags extends EngineFlags {
  readonly conv: boolean;
  readonly data?: string;
  readonly seed?: number;
  readonly set?: readonly string[];
}

async function trainAndCompare(folder: string, budget: BudgetName, unseen: number, flags: Flags): Promise<void> {
  const { seed } = flags, data = flags.data && scenesMeant(flags.data);
  const layers: OptionLayer[] = [
    { source: `budget ${budget}`, values: BUDGETS[budget].options },
    assignments(flags.set ?? []),
    { source: "the command line", values: { data, seed, ...engineFlags(flags) } },
  ];
  const compared = flags.conv ? [...PAPER_RUNS, CONV_RUN] : PAPER_RUNS;
  const options = await studyOptions(folder, compared, layers);
  using backend = await open([...options.values()][0]);
  using stop = new StopSignals(OUTLIVES_TERMINAL);
  const tell = (row: StatisticsRow, iterations: number) => stop.print(statusLine(lettered(row), iterations));
  const runs = new Map<RunName, StudyRun>();
  for (const [name, own] of options) {
    print(`\n${name} in ${own.out}`);
    const run = await trainRun(name, own, backend, {
      signal: stop.signal,
      onScan: progressOf("looking at labels", "scenes"),
      onTick: tell,
      onStatus: tell,
    });
    stop.reportOutput("What was trained is saved; the same command goes on");
    if (!run) return print(`Stopped; the same command goes on in ${folder}`);
    runs.set(name, run);
  }
  await compare(folder, runs, unseen, backend, flags.threads);
}

async function compare(
  folder: string,
  runs: ReadonlyMap<RunName, StudyRun>,
  count: number,
  backend: Backend,
  threads: number,
): Promise<void> {
  const scores = new Map<RunName, RunScores>();
  for (const [name, run] of runs) {
    print(`Reconstructing with ${name}`);
    scores.set(name, await evaluateStudyRun(run, { folder, count, backend, threads }));
  }
  const study = await assembleStudy(runs, scores, [...runs.values()][0].options.seed);
  const command = ["deno task compare", ...Deno.args.map(shellWord)].join(" ");
  const facts = { command, engine: backend.name, unequal: unequalBudgets(runs.values()) };
  const files = await writeStudy(folder, study, facts);
  print(`\n${alignedTable(overallTable(study))}`);
  print(`\n${files.map((file) => `  ${file}`).join("\n")}`);
}

/** What was asked for; threads only where they were, so that those of `--set` or of a run stay. */
function engineFlags(
  { device, cpuEngine, threads }: EngineFlags,
): Partial<EngineFlags> {
  return { device, cpuEngine, ...threads === 0 ? {} : { threads } };
}

async function open(options: TrainOptions): Promise<Backend> {
  return await openBackend(options.device, { ...engineOptions(options), notice: print });
}
