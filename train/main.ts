/** `deno task train`. */
import { join, resolve } from "@std/path";
import { z } from "zod";
import { print, runCommand } from "../base/command.ts";
import { UserError } from "../base/errors.ts";
import { tell } from "../base/output.ts";
import { progressOf } from "../base/progress.ts";
import { classSetOf } from "../data/class_file.ts";
import type { ClassSet } from "../data/classes.ts";
import { evaluateRun } from "../eval/evaluate.ts";
import { drawNewRooms } from "../eval/new_rooms.ts";
import { hangupIsIgnored } from "../ffi/hangup.ts";
import type { Backend } from "../nn/backend/backend.ts";
import { checkingFinite } from "../nn/backend/finite_check.ts";
import { type Group, shared } from "../nn/group/group.ts";
import { openCollectives, withCollectives } from "../nn/group/nccl_collectives.ts";
import { type Meeting, openGroup } from "../nn/group/open.ts";
import { resolveDevice } from "../nn/backend/device_name.ts";
import { openBackend, plannedEngine } from "../nn/backend/open.ts";
import { encodePng } from "../viz/draw/png.ts";
import { evaluationSheet } from "../viz/draw/evaluation_sheet.ts";
import { engineOptions, memoryLimitBytes, type TrainOptions } from "../run/config.ts";
import { RECONSTRUCTIONS } from "../run/evaluation_files.ts";
import { checkMemory, dryRunReport } from "./dry_run.ts";
import { layersOf, type TrainFlags, TrainFlagsSchema } from "./flags.ts";
import type { ImageSummary } from "../run/event_file.ts";
import type { StatisticsRow } from "../run/statistics.ts";
import { trainLoop } from "./loop.ts";
import { newRunOptions } from "./new_options.ts";
import { type PreparedRun, prepareResume, withNewRun } from "./prepare.ts";
import { asRank, checkVersions, ofRank, sharedRun } from "./ranks.ts";
import { type OptionLayer, savedOptions } from "../run/options.ts";
import type { Samples } from "./samples.ts";
import { checkConvolutions } from "./self_test.ts";
import { lettered, statusLine } from "./status_line.ts";
import { RowStream } from "./row_stream.ts";
import { StopSignals } from "./stop_signals.ts";

/** Held-out scenes that the closing evaluation reconstructs. */
const CLOSING_SCENES = 64;

/** Flags as {@link run} takes them. */
type RunFlags = TrainFlags & {
  readonly debugNans: boolean;
  readonly selfTest: boolean;
  readonly dryRun: boolean;
  readonly evaluate: boolean;
  readonly stage?: "prior";
  readonly logJson?: string;
};

/** Asked first of all: later the runtime itself may catch the signal. */
const OUTLIVES_TERMINAL = hangupIsIgnored();

await runCommand({
  name: "deno task train",
  summary:
    "Trains 3D-FCR-alphaGAN on rooms that it makes itself unless --data names some: the base stage, the refiner if the\n" +
    "preset or --refine-iterations asks for it, then a prior over codes. Without a flag it picks a size that suits this\n" +
    "machine: on a processor one that is done in nine minutes on two cores, on a GPU with 12 GB the paper's.\n" +
    "Ctrl-C saves; --resume goes on.",
  options: z.object({
    ...TrainFlagsSchema.shape,
    stage: z.enum(["prior"]).optional().describe(
      "with --resume, go to this stage at once: prior trains a prior on the codes of the networks as they are",
    ),
    evaluate: z.boolean().default(true).describe(
      "reconstruct held-out scenes at the end and draw them; --no-evaluate ends with the last checkpoint",
    ),
    logJson: z.string().optional().describe(
      "write options and rows of statistics as JSON lines into this file or named pipe, for trackers of experiments",
    ),
    rankTimeout: z.number().min(0).default(600).describe(
      "under mpirun or srun, seconds without a sign of the other ranks after which the run ends; 0 for never",
    ),
    debugNans: z.boolean().default(false).describe(
      "look at the result of every operation and stop at the first number that is none; slow",
    ),
    selfTest: z.boolean().default(true).describe(
      "on a GPU, compare a few results of each convolution with the processor first; --no-self-test saves seconds",
    ),
    dryRun: z.boolean().default(false).describe("print options, layers and the memory plan, and train nothing"),
  }),
  headings: {
    model: "Networks",
    iterations: "Training",
    seed: "Scenes",
    out: "Run folder",
    device: "This machine",
    config: "Options from elsewhere",
    stage: "This call",
    debugNans: "Looking closer",
  },
  examples: [
    ["deno task train", "train the default for this machine"],
    ["deno task train --preset full --data Scenevox", "the paper's networks on your scenes"],
    ["deno task train --resume runs/2026-01-31-120000-small", "go on with a run that was stopped"],
    ["deno task train --resume runs/2026-01-31-120000-small --stage prior", "train a prior for a run that has none"],
    ["deno task train --preset full --dry-run", "see layers, parameters and the memory plan first"],
    ["mpirun -n 4 deno task train --batch 16", "train on four processes, each with four scenes of every batch"],
  ],
  run: async ({ rankTimeout, ...flags }) => {
    const patienceSeconds = rankTimeout || Infinity;
    const group = await openGroup(patienceSeconds, () => meetingOf(flags));
    await asRank(group, () => run(flags, group, patienceSeconds));
  },
}, Deno.args);

/** What a rank does; a process by itself is one too. */
async function run(
  { debugNans, selfTest, dryRun, evaluate, stage, logJson, ...flags }: RunFlags,
  group: Group,
  patienceSeconds: number,
): Promise<void> {
  const say = group.rank === 0 ? print : () => {};
  checkVersions(group);
  const { resume, resumeStep, ...given } = flags as TrainFlags & { resume?: string; resumeStep?: number };
  if (resumeStep !== undefined && resume === undefined) {
    throw new UserError("--resume-step names a checkpoint of the run that --resume names; give both or neither");
  }
  if (stage !== undefined && resume === undefined) {
    throw new UserError("--stage goes on with the run that --resume names; give both or neither");
  }
  let layers: OptionLayer[] = [], resumed: PreparedRun | null = null, asked: TrainOptions | null = null;
  if (group.rank === 0) {
    layers = await layersOf(given);
    resumed = resume === undefined ? null : await prepareResume(resume, layers, resumeStep, stage);
    asked = resumed?.options ?? await newRunOptions(layers, print, group.size);
  }
  const options = shared(group, asked)!, own = ofRank(options, group);
  if (dryRun) {
    const { device, precision, cpuEngine } = own;
    const planned = plannedEngine(device, precision, memoryLimitBytes(own), cpuEngine);
    if (group.size > 1) say(`Plan of each of ${group.size} ranks`);
    return say(dryRunReport(own, planned));
  }
  if (selfTest && own.device !== "cpu") await testConvolutions(own, say);
  const engineOf = engineOptions(own);
  // Ranks exchange numbers in the middle of an iteration, and who looks for NaN reads every result.
  const cudaGraphs = engineOf.cudaGraphs && group.size === 1 && !debugNans;
  using backend = await openBackend(own.device, { ...engineOf, cudaGraphs, notice: say });
  checkMemory(own, backend.memory.limitBytes, group.size); // before there is a folder
  using collectives = await openCollectives(group, backend, patienceSeconds, say);
  const engine = debugNans ? checkingFinite(backend) : backend, ranks = withCollectives(group, collectives);
  await using rows = logJson === undefined || group.rank > 0 ? null : await openRows(logJson);
  const work = (run: PreparedRun | null) => train(sharedRun(group, run), engine, ranks, evaluate, rows);
  await (group.rank > 0 || resumed ? work(resumed) : withNewRun(options, work));
}

/** Where ranks meet that no MPI joins: beside the folder of the run, which may not be there yet. */
function meetingOf({ device, resume, out }: Record<string, unknown>): Meeting {
  const root = resume ?? out;
  return {
    device: resolveDevice(String(device ?? "auto")),
    folder: typeof root === "string" ? `${resolve(root)}.ranks` : null,
  };
}

/** On an engine of its own, so that no memory of it is left to the training; the plans that it chose are, on disk. */
async function testConvolutions(options: TrainOptions, say: (line: string) => void): Promise<void> {
  using backend = await openBackend(options.device, engineOptions(options));
  const { agree, leftOut } = checkConvolutions(backend, options);
  const rest = leftOut > 0 ? `, ${leftOut} were left out for want of memory` : "";
  say(`Self-test: ${agree} convolutions agree with the processor${rest}`);
}

/** The rows that `--log-json` asks for; without a reader the training goes on. */
function openRows(path: string): Promise<RowStream> {
  return RowStream.open(
    path,
    () => print(`Waiting for a program that reads ${path}`),
    ({ message }) => tell(`${message}. The training goes on, and its stats.jsonl has every row\n`),
  );
}

async function train(
  run: PreparedRun,
  backend: Backend,
  group: Group,
  evaluate: boolean,
  rows: RowStream | null,
): Promise<void> {
  const { options, folder, checkpoint } = run,
    drawn = (samples: Samples) => drawSamples(samples, classSetOf(options.classes));
  if (group.rank > 0) {
    using stop = new StopSignals(OUTLIVES_TERMINAL, false);
    await trainLoop(run, backend, { signal: stop.signal, drawSamples: drawn }, group);
    group.finish(); // before its engine goes
    return;
  }
  print(`${checkpoint ? `Going on from step ${checkpoint.step} in` : "Run"} ${folder.root}`);
  print(`Preset ${options.preset}, grid ${options.grid.join("x")}, data ${options.data}, engine ${backend.name}`);
  if (group.size > 1) {
    print(`Ranks: ${group.size}, by ${group.name}; each takes ${options.batch / group.size} scenes of a batch`);
  }
  using stop = new StopSignals(OUTLIVES_TERMINAL);
  rows?.write({ run: folder.root, options: savedOptions(options) });
  const status = (row: StatisticsRow, iterations: number) => stop.print(statusLine(lettered(row), iterations));
  const result = await trainLoop(run, backend, {
    signal: stop.signal,
    onScan: progressOf("looking at labels", "scenes"),
    onEncoded: progressOf("encoding", "scenes"),
    onTick(row, iterations) {
      rows?.write(row);
      status(row, iterations);
    },
    onStatus: status,
    drawSamples: drawn,
  }, group);
  group.finish(); // what is left concerns one process
  const resume = `go on with: deno task train --resume ${folder.root}`;
  stop.print(`Checkpoint ${result.checkpoint}`);
  if (!result.finished) stop.print(`Stopped at step ${result.step}; ${resume}`);
  stop.reportOutput(`Step ${result.step} is saved; ${resume}`);
  if (!result.finished || !evaluate) return;
  const { summary, sheet } = await evaluateRun({
    root: folder.root,
    backend,
    count: CLOSING_SCENES,
  });
  print(`\n${summary}`);
  print(`Pictures:    ${sheet}\nCurves:      deno task viz ${folder.root}`);
  print(`TensorBoard: tensorboard --logdir ${folder.events}\nMore:        deno task eval --run ${folder.root}`);
  print(`Samples:     ${join(folder.samples, "*.png")}\nNew rooms:   ${await drawNewRooms(folder.root, backend)}`);
}

/** Draws the samples of a checkpoint. */
function drawSamples({ grid, real, recons, refined }: Samples, classes: ClassSet): ImageSummary {
  const image = evaluationSheet(RECONSTRUCTIONS, { real, recons, recons_refine: refined }, grid, { classes });
  return { tag: "samples", widthPixels: image.width, heightPixels: image.height, png: encodePng(image) };
}
