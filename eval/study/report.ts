/** The files of a study: `report.md` says what was compared, what came out, and how far it can be set beside the paper. */
import { join } from "@std/path";
import { writeFileAtomic } from "../../base/files.ts";
import { seconds } from "../../base/progress.ts";
import { markdownTable, type TableRows } from "../../base/table.ts";
import { isProcedural } from "../../data/rooms/mod.ts";
import { PAPER_MODEL } from "../../nn/models/config.ts";
import type { TrainOptions } from "../../run/config.ts";
import { PRESETS } from "../../run/presets.ts";
import { writeFigure } from "../../viz/draw/write_figure.ts";
import { studyCharts } from "./charts.ts";
import { difference, estimate, type Measure, measureOf, orderVerdict } from "./statistics.ts";
import type { StudiedSystem, Study } from "./study.ts";
import { COMPARED_SYSTEMS } from "./systems.ts";
import { share, studyCsv, studyTable } from "./tables.ts";

/** What the report says besides results. */
export interface ReportFacts {
  /** Command that makes the study again. */
  readonly command: string;
  /** Engine that computed, for people. */
  readonly engine: string;
  /** Options in which the runs' budgets differ; none for runs of one study. */
  readonly unequal: readonly string[];
}

const TITLES: Readonly<Record<Exclude<Measure, "trueIou">, string>> = { iou: "IoU", ap: "mAP" };

/** Writes charts (SVG and PNG), tables (Markdown and CSV) and `report.md` into `folder`. @throws {UserError} */
export async function writeStudy(folder: string, study: Study, facts: ReportFacts): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, figure } of studyCharts(study)) paths.push(...await writeFigure(folder, name, figure));
  const texts = { "table.md": studyTable(study), "table.csv": studyCsv(study), "report.md": studyReport(study, facts) };
  for (const [name, text] of Object.entries(texts)) {
    await writeFileAtomic(join(folder, name), text);
    paths.push(join(folder, name));
  }
  return paths;
}

/** The text of the report. */
function studyReport(study: Study, facts: ReportFacts): string {
  const missing = COMPARED_SYSTEMS.filter(({ name, paper }) =>
    paper && !study.systems.some(({ system }) => system.name === name)
  );
  return [
    "# The paper's systems, compared\n",
    `Made with \`${facts.command}\` on ${facts.engine}; judged by reconstructions of ${study.scenes}.`,
    missing.length > 0 ? `Left out for want of a run: ${missing.map(({ title }) => title).join(", ")}.` : "",
    `\n${markdownTable(overallTable(study), 1)}\n`,
    "Ours with 95 % intervals over the choice of test scenes (bootstrap). The published IoU is |A∩B| / (|A|+|B|), at most " +
    "0.5; IoU is |A∩B| / |A∪B|.\n",
    "## Is the order the paper's?\n",
    ...(["iou", "ap"] as const).map((measure) => orderText(study, measure)),
    `\n${differenceTable(study)}\n`,
    "A difference is between a system of the paper and the one above it, or between one that is not the paper's and " +
    "FC-alphaGAN, on the same scenes: sets of test scenes are drawn with replacement, and each set goes through both " +
    "systems. σ is the standard error of that, and tells nothing about what another seed of training would have given.\n",
    "## Charts\n",
    ...["iou-all", "map-all", "iou-per-class", "map-per-class"].map((name) => `![${name}](${name}.png)\n`),
    "Of the paper's values only those for all classes together are at hand as numbers, so the charts per class show " +
    "ours alone. The published mAP of a class is divided by all scenes, so it cannot exceed the share of scenes that have " +
    "the class. All of ours are in `table.md` and `table.csv`.\n",
    "## Budgets\n",
    `${costTable(study)}\n`,
    budgetText(facts.unequal),
    "\n## What is comparable with the paper, and what is not\n",
    comparability(study),
  ].filter((part) => part !== "").join("\n") + "\n";
}

/** What the systems score over all classes together, with 95 % intervals, beside the paper's values. */
export function overallTable({ systems, entries, seed }: Study): TableRows {
  const all = entries.length - 1;
  const head = ["system", "published IoU", "paper", "published mAP", "paper", "IoU"];
  const rows = systems.map(({ system, scores }) => {
    const [iou, ap, trueIou] = (["iou", "ap", "trueIou"] as const).map((measure) => {
      const { value, low, high } = estimate(scores, measure, all, seed);
      return `${share(value)} (${share(low)}–${share(high)})`;
    });
    return [system.title, iou, share(system.paper?.iou ?? NaN), ap, share(system.paper?.ap ?? NaN), trueIou];
  });
  return [head, ...rows];
}

/** The systems of the paper's charts. */
function ofPaper(systems: readonly StudiedSystem[]): StudiedSystem[] {
  return systems.filter(({ system }) => system.paper);
}

function orderText(study: Study, measure: Exclude<Measure, "trueIou">): string {
  const { entries, seed } = study, systems = ofPaper(study.systems);
  const all = entries.length - 1, scores = systems.map((each) => each.scores);
  const { same, agreeing, pairs, contradicting } = orderVerdict(scores, measure, all, seed);
  const ours = [...systems].sort((a, b) => measureOf(a.scores, measure, all) - measureOf(b.scores, measure, all));
  const order = ours.map(({ system }) => system.title).join(" < ");
  const titleOf = (index: number) => systems[index].system.title;
  const against = contradicting.map(([a, b]) => `${titleOf(a)} over ${titleOf(b)}`).join(", ");
  return `- **${TITLES[measure]}: ${
    same ? "yes" : "no"
  }.** ${order}; ${agreeing} of ${pairs} pairs are in the paper's ` +
    `order, ${contradicting.length === 0 ? "none contradicts it" : `against it ${against}`} by more than 2 σ.`;
}

function differenceTable({ systems, entries, seed }: Study): string {
  const all = entries.length - 1;
  const row = (measure: Exclude<Measure, "trueIou">, [a, b]: readonly [StudiedSystem, StudiedSystem]) => {
    const { value, sigma } = difference(a.scores, b.scores, measure, all, seed);
    const paper = a.system.paper && b.system.paper ? signed(b.system.paper[measure] - a.system.paper[measure]) : "–";
    const ratio = sigma > 0 ? (value / sigma).toFixed(1) : "–";
    const names = `${TITLES[measure]}: ${b.system.title} − ${a.system.title}`;
    return [names, signed(value), sigma.toFixed(4), ratio, paper];
  };
  const papers = ofPaper(systems), plain = systems.find(({ system }) => system.name === "fc-alphagan");
  const own = systems.filter(({ system }) => !system.paper);
  const pairs = [
    ...papers.slice(1).map((system, index) => [papers[index], system] as const),
    ...plain ? own.map((system) => [plain, system] as const) : [],
  ];
  const rows = (["iou", "ap"] as const).flatMap((measure) => pairs.map((pair) => row(measure, pair)));
  return markdownTable([["difference", "ours", "σ", "in σ", "paper"], ...rows], 1);
}

function costTable({ systems }: Study): string {
  const head = ["system", "code", "parameters", "iterations", "scenes", "steps of E and G", "TFLOP", "time"];
  const count = (value: number) => value.toLocaleString("en");
  const rows = systems.map(({ system, cost }) => [
    system.title,
    count(cost.codeNumbers),
    count(cost.parameters),
    cost.iterations.map(count).join(" + "),
    count(cost.scenes),
    count(cost.updates),
    (cost.floatOperations / 1e12).toPrecision(3),
    Number.isNaN(cost.seconds) ? "–" : seconds(cost.seconds),
  ]);
  return markdownTable([head, ...rows], 1);
}

function budgetText(unequal: readonly string[]): string {
  const equal =
    "Every system sees the same batches of the same scenes in the same order, starts from the same weights " +
    "where it has the same layers, and takes as many Adam steps of encoder and generator with the same settings (two per " +
    "batch, as the paper's schedule has it). So a difference is not one of data or of steps. Equal time would have given " +
    "the auto-encoders without discriminators several times the steps; what each cost is in the table. The times are of " +
    "this machine under whatever else it did. The refiner adds a stage of its own, as in the paper.";
  if (unequal.length === 0) return equal;
  return `**The runs' budgets are not equal: they differ in ${
    unequal.join(", ")
  }.** Differences between systems may be ` +
    "differences of these.";
}

function comparability({ systems }: Study): string {
  const { options } = ofPaper(systems).at(-1)!.run;
  const codes = systems.map(({ system, cost }) => `${system.title} ${cost.codeNumbers.toLocaleString("en")}`);
  return [
    "Comparable: the paper's systems, their losses and schedule, the formulas of the charts, reconstruction from the " +
    "mean code, and the signs of differences.",
    "",
    "Not comparable, so that the values themselves must not be held against the paper's:",
    "",
    isProcedural(options.data)
      ? "- **Scenes.** Procedural rooms instead of SUNCG: simpler shapes, other shares of classes."
      : `- **Scenes.** Those of \`${options.data}\` instead of SUNCG.`,
    ...sizeLines(options),
    `- **Codes.** Numbers in a code: ${
      codes.join(", ")
    }; the paper's have 200 and 1,200, its convolutional ones 1,200.`,
    `- **Seed.** One seed (${options.seed}) per system.`,
    "- **Baselines.** The paper's code for its auto-encoders is not public: they are built from its description, with " +
    "the divergence summed over a code and averaged over a batch.",
  ].join("\n");
}

/** Where grid, networks and length of training are not the paper's. */
function sizeLines({ grid, channels, iterations, refineIterations, batch }: TrainOptions): string[] {
  const lines: string[] = [], { full } = PRESETS;
  const sized = (sizes: readonly number[]) => sizes.join(" × ");
  if (sized(grid) !== sized(PAPER_MODEL.grid)) {
    lines.push(`- **Grid.** ${sized(grid)} voxels instead of ${sized(PAPER_MODEL.grid)}.`);
  }
  if (sized(channels) !== sized(PAPER_MODEL.channels)) {
    lines.push(`- **Networks.** ${channels.join("-")} channels instead of ${PAPER_MODEL.channels.join("-")}.`);
  }
  if (iterations * batch !== full.iterations * full.batch) {
    const share = iterations * batch / (full.iterations * full.batch);
    lines.push(
      `- **Budget.** ${iterations.toLocaleString("en")} + ${refineIterations.toLocaleString("en")} iterations with ` +
        `batch ${batch}, ${
          (100 * share).toPrecision(2)
        } % of the scenes that the paper's base stage saw: no system has ` +
        "converged, and those that learn faster are favoured.",
    );
  }
  return lines;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}
