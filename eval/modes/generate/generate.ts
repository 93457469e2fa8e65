/** `--mode generate`: new rooms, and what can be measured of them. */
import { join } from "@std/path";
import { z } from "zod";
import { UserError } from "../../../base/errors.ts";
import { readTextFile, writeFileAtomic } from "../../../base/files.ts";
import { Progress } from "../../../base/progress.ts";
import { CLASSES_FILE, writeClasses } from "../../../data/class_file.ts";
import { formatGrid, type Grid, parseGrid } from "../../../data/grid.ts";
import { writeLabelsAsInt64 } from "../../../data/formats/npy.ts";
import { GENERATED, GENERATION_REPORT } from "../../../run/evaluation_files.ts";
import { barChart } from "../../../viz/draw/bar_chart.ts";
import { contactSheet } from "../../../viz/draw/contact_sheet.ts";
import { evaluationSheet } from "../../../viz/draw/evaluation_sheet.ts";
import { encodeIndexedPng } from "../../../viz/draw/png.ts";
import { writeFigure } from "../../../viz/draw/write_figure.ts";
import { decodeCodes, type DecodedLabels, readRooms, writeCodes } from "../../codes.ts";
import type { NamedScenes } from "../../metrics/generation/measure.ts";
import { type FlagsOf, type Mode, SCENES, SHARED_FLAGS } from "../../mode.ts";
import { paragraphsOf, type ReportPicture, tablesOf } from "../../report.ts";
import { REQUEST_FLAGS, requestOf } from "../../request_flags.ts";
import { PRIOR_NAMES, type PriorName, type RoomRequest } from "../../room_request.ts";
import { fileNames, removeFiles } from "../../stale_files.ts";
import type { Workspace } from "../../workspace.ts";
import { GenerationJudge, JUDGE_FILES, type JudgeOptions } from "./generation_judge.ts";
import { generationSummary } from "./generation_tables.ts";
import { cropsPerScene, generateLarger, LARGER_FILES, LARGER_SHEET, largerCount, MEASURE_PICTURES } from "./larger.ts";
import { LEAST_TRUNCATION, truncatedCodes } from "./truncated_codes.ts";

const FLAGS = {
  count: SHARED_FLAGS.count,
  seed: SHARED_FLAGS.seed,
  size: z.string().optional().describe(
    "voxels of new scenes larger than the run's grid, such as 160x48x160 [the grid]",
  ),
  truncation: z.number().min(LEAST_TRUNCATION).optional()
    .describe("draw numbers of the noise again that are larger than this; lower is safer and less varied [no limit]"),
  prior: z.enum(PRIOR_NAMES).optional().describe(
    "where codes come from: flow, what the run learned of them; gaussian, their mean and covariance; none, N(0, 1) as in " +
      "the paper [flow, of a run that has one]",
  ),
  ...REQUEST_FLAGS,
  metrics: z.boolean().optional().describe("measure generated rooms; --no-metrics leaves it out"),
  encoder: z.string().optional()
    .describe(
      "run or checkpoint file whose encoder the measures of generated rooms use [the judge that comes with the program; its own for scenes that are not such rooms]",
    ),
};

/** Where rooms come from, as the page says it. */
const ORIGINS: Readonly<Record<PriorName, string>> = {
  flow: " from codes of the learned distribution",
  gaussian: " from codes with the mean and covariance of the training scenes'",
  none: " from codes drawn from N(0, 1)",
};
/** Pairs in the sheet of nearest training scenes. */
const NEAREST_PAIRS = 6;
/** Files of the rooms; the refined ones are there if the refiner was trained. */
const ROOM_FILES = ["generate.npy", "generate_refine.npy", "sample_z.npy", GENERATED.sheet];
/** Files of the measures. */
const MEASURE_FILES = [...JUDGE_FILES, ...MEASURE_PICTURES];

/** The mode. */
export const GENERATE: Mode<typeof FLAGS> = {
  name: "generate",
  help: "new rooms",
  flags: FLAGS,
  picture: "*.png",
  scenes: () => 0,
  ofAll: ({ data: _, ...flags }) => flags, // of all, these are the scenes to evaluate on
  async work({ workspace, flags }) {
    const { count = SCENES, seed = 0, metrics = true, device, cpuEngine, threads, data, encoder, truncation } = flags;
    const engine = { device, cpuEngine, threads }, { refines, step, prior } = workspace.run;
    const request = { prior: flags.prior ?? prior, ...requestOf(flags) };
    if (flags.size !== undefined) return await larger(workspace, flags, parseGrid(flags.size, "--size"), request);
    const options = { count, seed, truncation, request, metrics, encoder, data, engine };
    const summary = await generateAndMeasure(workspace, options);
    return (refines ? "" : "The refiner of this run was not trained: no *_refine files.\n") +
      `${summary ? `${summary}\n\n` : ""}${count} rooms of step ${step}, prior ${request.prior}, seed ${seed}`;
  },
  async section({ workspace: { run, out }, flags: { prior = run.prior } }) {
    const [metrics] = await fileNames(out, [GENERATION_REPORT]);
    const markdown = metrics ? await readTextFile(join(out, metrics)) : "";
    const pictures: ReportPicture[] = [
      { file: GENERATED.sheet, alt: "New rooms drawn as voxels: as generated, and refined" },
      { file: "generation_classes.svg", alt: "Bar chart: share of each class in real, generated and refined rooms" },
      { file: LARGER_SHEET, alt: "New scenes larger than the grid that the run learned" },
      {
        file: "nearest_training.png",
        alt: "Rooms beside the training scene most like each",
        caption: "The rooms that come nearest to a scene of the training data, and that scene.",
      },
    ];
    const there = await fileNames(out, pictures.map(({ file }) => file));
    return {
      id: "generation",
      title: "Generation",
      text: [
        `New rooms${ORIGINS[prior]}${run.refines ? ", before and after the refiner" : ""}.`,
        ...paragraphsOf(markdown).slice(-1), // the verdict
      ],
      pictures: pictures.filter(({ file }) => there.includes(file)),
      tables: tablesOf(markdown, "Measures of the rooms against training scenes"),
      files: await fileNames(
        out,
        [...ROOM_FILES, ...MEASURE_FILES, ...LARGER_FILES].filter((name) => /\.(npy|md|csv|json)$/.test(name)),
      ),
    };
  },
};

/** The work with `--size`. */
async function larger(
  workspace: Workspace,
  flags: FlagsOf<typeof FLAGS>,
  size: Grid,
  request: RoomRequest,
): Promise<string> {
  const { seed = 0, metrics = true, data, encoder, device, cpuEngine, threads, truncation } = flags;
  if (truncation !== undefined) throw new UserError("--truncation is of no use with --size; leave one of them out");
  const { config: { grid } } = workspace.run, count = largerCount(size, grid, flags.count);
  const options = {
    count: count * cropsPerScene(size, grid),
    seed,
    data,
    encoder,
    engine: { device, cpuEngine, threads },
  };
  using judge = metrics ? await openJudge(workspace, options) : null;
  const summary = await generateLarger(workspace, { size, count, seed, request }, judge);
  return `${summary ? `${summary}\n\n` : ""}${count} scenes of ${formatGrid(size)}, seed ${seed}: ${LARGER_SHEET}`;
}

/** Options of {@link generateAndMeasure}. */
export interface GenerateOptions extends Pick<JudgeOptions, "data" | "encoder" | "engine"> {
  /** How many rooms. */
  readonly count: number;
  /** uint32; room i of a seed is the same however many there are. */
  readonly seed: number;
  /** Greatest size of a number of the noise; no limit if left out. */
  readonly truncation?: number;
  /** What is asked of the rooms. */
  readonly request?: RoomRequest;
  /** Whether to measure the rooms. */
  readonly metrics: boolean;
}

/**
 * Generates rooms and measures them against the run's training scenes, each unless it is done. Writes
 * `generate.npy [generate_refine.npy]` (int64 labels), `sample_z.npy` (float32 codes), `generated.png`, and the files of
 * `GenerationJudge.judge` with two pictures.
 *
 * @returns the measures as a table for the terminal, or what there is to say instead.
 * @throws {UserError} if scenes or encoder that were named cannot be read, or a file not be written.
 */
export async function generateAndMeasure(workspace: Workspace, options: GenerateOptions): Promise<string> {
  const { run, out, ledger, batch, say } = workspace, { count, seed, truncation } = options;
  using judge = options.metrics ? await openJudge(workspace, options) : null;
  const request = JSON.stringify({ prior: run.prior, ...options.request });
  const together = run.statistics === "batch" ? batch : null;
  const inputs = { count, seed, truncation: truncation ?? null, request, together };
  let rooms: DecodedLabels | null = null;
  const generated = await ledger.once("generate", inputs, async () => {
    rooms = await generateRooms(workspace, options);
    await writeClasses(out, run.classes);
    return await fileNames(out, [...ROOM_FILES, CLASSES_FILE]);
  });
  if (!generated) say("The rooms were generated already and stay as they are.");
  if (!judge) return "";
  let summary = `The rooms were measured already: ${join(out, GENERATION_REPORT)}`;
  await ledger.once("generation_metrics", { ...inputs, ...judge.inputs }, async () => {
    summary = await measure(workspace, judge, versionsOf(rooms ?? await roomsBefore(workspace)));
    return MEASURE_FILES;
  });
  return summary;
}

/** What rooms are measured against; null, with a line, if the run's training scenes are not at hand. */
async function openJudge(
  { run, batch, say }: Workspace,
  options: Pick<GenerateOptions, "count" | "seed" | "data" | "encoder" | "engine">,
): Promise<GenerationJudge | null> {
  const { count, seed, data, encoder, engine } = options;
  try {
    return await GenerationJudge.open(run, { count, seed, data, encoder, engine, batch });
  } catch (error) {
    if (!(error instanceof UserError) || data !== undefined || encoder !== undefined) throw error;
    say(`The rooms will not be measured: ${error.message} (--data names scenes to compare them with)`);
    return null;
  }
}

function versionsOf({ plain, refined }: DecodedLabels): NamedScenes[] {
  return [{ name: "generated", scenes: plain }, ...refined ? [{ name: "refined", scenes: refined }] : []];
}

/** The rooms of a call that was stopped before they were measured. */
async function roomsBefore({ run, out }: Workspace): Promise<DecodedLabels> {
  const read = (name: string) => readRooms(join(out, name));
  return { plain: await read("generate.npy"), refined: run.refines ? await read("generate_refine.npy") : null };
}

/**
 * Generates rooms and writes `generate.npy [generate_refine.npy]` (int64 labels), `sample_z.npy` (float32 codes) and
 * the sheet. A `generate_refine.npy` of an earlier evaluation goes where this run has no trained refiner.
 */
async function generateRooms({ run, out, batch }: Workspace, options: GenerateOptions): Promise<DecodedLabels> {
  const { count, seed, truncation, request } = options, { config: { grid }, classes } = run, shape = [count, ...grid];
  using progress = new Progress("generating", count, "rooms");
  const noise = truncation === undefined
    ? run.sampleNoise(count, seed)
    : truncatedCodes(run, count, seed, 0, truncation);
  const codes = run.codesOf(noise, count, request);
  let done = 0;
  const rooms = decodeCodes(run, codes, batch, new Float32Array(), (n) => progress.update(done += n));
  await writeLabelsAsInt64(join(out, "generate.npy"), shape, rooms.plain);
  if (rooms.refined) await writeLabelsAsInt64(join(out, "generate_refine.npy"), shape, rooms.refined);
  else await removeFiles(out, ["generate_refine.npy"]);
  await writeCodes(join(out, "sample_z.npy"), run, [codes]);
  const volumes = { generate: rooms.plain, generate_refine: rooms.refined };
  const sheet = evaluationSheet(GENERATED, volumes, grid, { classes });
  await writeFileAtomic(join(out, GENERATED.sheet), encodeIndexedPng(sheet));
  return rooms;
}

/** Measures the rooms, and draws the classes and the rooms that are most like training scenes. */
async function measure(
  { run, out }: Workspace,
  judge: GenerationJudge,
  versions: readonly NamedScenes[],
): Promise<string> {
  const report = await judge.judge(versions, out), { config: { grid }, classes } = run;
  const filled = classes.names.slice(1); // of empty space there is most
  const shares = report.sets.map(({ name, classes }) => ({ name, values: classes.slice(1).map((of) => of.percent) }));
  await writeFigure(out, "generation_classes", barChart(filled, shares, { title: "Share of the filled voxels, %" }));
  const { name, scenes } = versions.at(-1)!, { distances, indices } = report.sets.at(-1)!.nearest!;
  const nearest = [...distances.keys()].sort((a, b) => distances[a] - distances[b]).slice(0, NEAREST_PAIRS);
  const columns = [
    { title: name, volumes: nearest.map((index) => scenes[index]) },
    {
      title: "nearest training scene",
      volumes: await Promise.all(nearest.map((index) => judge.trainingScene(indices[index]))),
    },
  ];
  const rowTitles = nearest.map((index) => `${(100 * distances[index]).toFixed(0)} % differ`);
  const sheet = contactSheet(columns, grid, { classes, rowTitles });
  await writeFileAtomic(join(out, "nearest_training.png"), encodeIndexedPng(sheet));
  return generationSummary(report);
}
