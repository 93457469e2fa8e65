/** `deno task eval`. */
import { join } from "@std/path";
import { z } from "zod";
import { print, runCommand } from "../base/command.ts";
import { UserError } from "../base/errors.ts";
import { makeFolder, writeFileAtomic } from "../base/files.ts";
import { writeClasses } from "../data/class_file.ts";
import { CPU_ENGINES, type CpuEngineName } from "../nn/backend/cpu/native/choice.ts";
import { DEVICE_PATTERN } from "../nn/backend/device_name.ts";
import { newestRun, runFolder } from "../train/run_folder.ts";
import { contactSheet } from "../viz/contact_sheet.ts";
import { figureToImage, figureToSvg } from "../viz/figure.ts";
import { classShareChart, nearestSheet } from "../viz/generation_pictures.ts";
import { encodePng } from "../viz/png.ts";
import { reconstructionSheet } from "../viz/reconstruction_sheet.ts";
import { evaluateRun } from "./evaluate.ts";
import { generateRooms } from "./generate.ts";
import { GenerationJudge, type JudgeOptions } from "./generation_judge.ts";
import { generationSummary } from "./generation_tables.ts";
import { Run } from "./run.ts";

/** Scenes in a contact sheet. */
const SHEET_ROWS = 6;

await runCommand({
  name: "deno task eval",
  summary: "Reconstructs or generates scenes with a trained run and measures them, in the reference's files.",
  options: z.object({
    mode: z.enum(["recons", "generate"]).default("recons").describe("recons: unseen scenes; generate: new rooms"),
    run: z.string().optional().describe("run folder [the newest in runs/]"),
    step: z.int().min(0).optional().describe("checkpoint [the newest]"),
    data: z.string().optional()
      .describe(
        "scenes to reconstruct [what the run held out], or to compare generated ones with [its training scenes]",
      ),
    allowOverlap: z.boolean().default(false).describe("measure also on scenes of --data that the run was trained on"),
    count: z.int().min(1).max(1_000_000).default(200).describe("at most so many scenes"),
    batch: z.int().min(1).optional().describe("scenes that go through the networks together [the run's]"),
    bn: z.enum(["running", "batch"]).optional().describe("statistics of batch norm [the run's]; batch as the original"),
    seed: z.int().min(0).max(0xffffffff).default(0).describe("seed of generated rooms"),
    metrics: z.boolean().default(true).describe("measure generated rooms; --no-metrics leaves it out"),
    encoder: z.string().optional()
      .describe("run or checkpoint file whose encoder the measures of generated rooms use [the run's own]"),
    device: z.string().regex(DEVICE_PATTERN, "expected auto, cpu, cuda or cuda:<number>").default("auto")
      .describe("engine that computes: auto, cpu, cuda or cuda:<number>"),
    cpuEngine: z.enum(CPU_ENGINES).default("auto")
      .describe("code of the cpu engine: native for machine code, wasm for WebAssembly"),
    threads: z.int().min(1).max(512).optional().describe("threads [one per core]"),
    out: z.string().optional().describe("folder for the files [evaluation/ in the run]"),
  }),
  examples: [
    ["deno task eval", "reconstruct held-out scenes with the newest run"],
    ["deno task eval --mode generate --count 16 --seed 1", "sixteen new rooms"],
  ],
  async run({ mode, run, bn, seed, ...options }) {
    const root = run ?? await newestRun();
    if (mode === "generate") return await generate(root, { ...options, bn, seed });
    const { summary, out, sheet } = await evaluateRun({
      ...options,
      root,
      statistics: bn,
      notice: print,
      drawSheet: (result, grid, classes) => encodePng(reconstructionSheet(result, grid, SHEET_ROWS, classes)),
    });
    print(`${summary}\n\nFiles:    ${out}\nPictures: ${sheet}`);
  },
}, Deno.args);

interface GenerateFlags {
  readonly step?: number;
  readonly count: number;
  readonly batch?: number;
  readonly bn?: "running" | "batch";
  readonly seed: number;
  readonly data?: string;
  readonly metrics: boolean;
  readonly encoder?: string;
  readonly device: string;
  readonly cpuEngine: CpuEngineName;
  readonly threads?: number;
  readonly out?: string;
}

async function generate(
  root: string,
  { step, count, bn, seed, data, metrics, encoder, device, cpuEngine, threads, out, ...flags }: GenerateFlags,
): Promise<void> {
  using run = await Run.open(root, { step, statistics: bn, device, cpuEngine, threads, notice: print });
  const batch = flags.batch ?? run.options.batch;
  using judge = metrics
    ? await openJudge(run, { data, encoder, seed, count, batch, engine: { device, cpuEngine, threads } })
    : null;
  const folder = out ?? join(runFolder(root).evaluation, `step-${String(run.step).padStart(6, "0")}`);
  await makeFolder(folder);
  const { generated, refined } = await generateRooms(run, {
    count,
    batch,
    seed,
    out: folder,
  });
  const columns = [{ title: "generated", volumes: generated.slice(0, SHEET_ROWS) }];
  if (refined) columns.push({ title: "refined", volumes: refined.slice(0, SHEET_ROWS) });
  const sheet = join(folder, "generated.png");
  await writeFileAtomic(sheet, encodePng(contactSheet(columns, run.config.grid, { classes: run.classes })));
  await writeClasses(folder, run.classes);
  if (!refined) print("The refiner of this run was not trained: no *_refine files.");
  const measures = judge ? await judgeRooms(judge, run, generated, refined, folder) : "";
  print(`${measures}${count} rooms of step ${run.step}\nFiles:    ${folder}\nPictures: ${sheet}`);
}

/** What generated rooms are measured against; null, with a notice, if the run's training scenes are not at hand. */
async function openJudge(run: Run, options: JudgeOptions): Promise<GenerationJudge | null> {
  try {
    return await GenerationJudge.open(run, options);
  } catch (error) {
    if (!(error instanceof UserError) || options.data !== undefined || options.encoder !== undefined) throw error;
    print(`The rooms will not be measured: ${error.message} (--data names scenes to compare them with)`);
    return null;
  }
}

/** Measures the rooms and draws what was found. @returns the table for the terminal. */
async function judgeRooms(
  judge: GenerationJudge,
  run: Run,
  generated: readonly Uint8Array[],
  refined: readonly Uint8Array[] | null,
  folder: string,
): Promise<string> {
  const sets = [{ name: "generated", scenes: generated }, ...refined ? [{ name: "refined", scenes: refined }] : []];
  const report = await judge.judge(sets, folder);
  const chart = classShareChart(
    report.classNames,
    report.sets.map(({ name, classes }) => ({ name, percent: classes.map(({ percent }) => percent) })),
  );
  await writeFileAtomic(join(folder, "generation_classes.svg"), figureToSvg(chart));
  await writeFileAtomic(join(folder, "generation_classes.png"), encodePng(figureToImage(chart)));
  const { name, scenes } = sets.at(-1)!, { distances, indices } = report.sets.at(-1)!.nearest!;
  const nearest = [...distances.keys()].sort((a, b) => distances[a] - distances[b]).slice(0, SHEET_ROWS);
  const pairs = await Promise.all(nearest.map(async (index) => ({
    scene: scenes[index],
    nearest: await judge.trainingScene(indices[index]),
    distance: distances[index],
  })));
  const sheet = nearestSheet(name, pairs, run.config.grid, run.classes);
  await writeFileAtomic(join(folder, "nearest_training.png"), encodePng(sheet));
  return `${generationSummary(report)}\n\n`;
}
