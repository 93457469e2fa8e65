/** Tables of the measures of generated scenes: Markdown for people, CSV and JSON for programs. */
import { csvText } from "../../../base/csv.ts";
import { alignedTable, markdownTable } from "../../../base/table.ts";
import type { Estimate } from "../../metrics/generation/bootstrap.ts";
import type { ClassMeasures } from "../../metrics/generation/measure.ts";
import { METRIC_NAMES, METRICS } from "../../metrics/generation/metric.ts";
import type { EncoderIdentity, GenerationReport } from "./generation_report.ts";
import { cautions, verdict } from "./verdict.ts";

/** Content of `generation_metrics.md`: a table of the measures, one of the classes, and what they were taken with. */
export function generationMarkdown(report: GenerationReport): string {
  const { encoder, sets, classNames } = report;
  const [, ...compared] = sets;
  const metrics = METRIC_NAMES.map((name) => {
    const { title, ideal, better } = METRICS[name];
    const goal = typeof ideal === "number" ? ideal : `as ${ideal}`;
    return [
      title,
      better === "near" ? `${goal}` : `${goal} (${better})`,
      ...sets.map((set) => withReach(set.metrics[name])),
    ];
  });
  const titles = sets.map(({ name }) => name);
  const classTable = (caption: string, key: keyof ClassMeasures, first: number) => [
    caption,
    "",
    markdownTable(
      [
        ["class", ...titles],
        ...classNames.slice(first).map((name, i) => [
          name,
          ...sets.map(({ classes }) => short(classes[first + i][key])),
        ]),
      ],
    ),
    "",
  ];
  return [
    "# Generated scenes measured",
    "",
    `Step ${report.step} of ${report.run}: ${compared.map(({ name, scenes }) => `${scenes} ${name}`).join(", ")} ` +
    `against ${
      sets[0].scenes
    } training scenes. Copies were searched among ${report.searched} (${report.comparedWith}). ` +
    `Values are followed by half the width of their 95 % interval.`,
    "",
    `Codes: encoder of ${encoderName(encoder)}, ${encoder.codeSize} numbers, batch norm with ` +
    `${encoder.batchNorm} statistics, checkpoint \`${encoder.checksum}\`; its run gives real scenes back with an IoU of ` +
    `${short(encoder.reconstructionIou)}.`,
    "",
    markdownTable([["measure", "ideal", ...titles], ...metrics]),
    "",
    ...classTable("Voxels of each class in per cent of the filled ones; of all for empty space.", "percent", 0),
    ...classTable("Pieces of each class per scene.", "pieces", 1),
    ...classTable("Floating voxels in per cent of each class.", "floatingPercent", 1),
    inWords(report),
    "",
  ].join("\n");
}

/** `judge (comes with the program), step 1500`. */
function encoderName({ run, pinned, step }: EncoderIdentity): string {
  return `${run}${pinned ? " (comes with the program)" : ""}, step ${step}`;
}

/** The measures as an aligned table for the terminal, by which encoder, and what they say in words. */
export function generationSummary(report: GenerationReport): string {
  const { sets, encoder } = report;
  const table = alignedTable([
    ["", "ideal", ...sets.map(({ name }) => name)],
    ...METRIC_NAMES.map((name) => {
      const { title, ideal } = METRICS[name];
      return [title, `${ideal}`, ...sets.map(({ metrics }) => withReach(metrics[name]))];
    }),
  ]);
  return `${table}\n\nCodes by the encoder of ${encoderName(encoder)}.\n\n${inWords(report)}`;
}

/** A paragraph for each caution, and the verdict last. */
function inWords(report: GenerationReport): string {
  return [...cautions(report).map((caution) => `Caution: ${caution}`), verdict(report)].join("\n\n");
}

/** Content of `generation_metrics.csv`: a row per set and measure, unrounded; `nan` for what needs more scenes. */
export function generationCsv({ sets }: GenerationReport): string {
  const rows = sets.flatMap(({ name, scenes, metrics }) =>
    METRIC_NAMES.flatMap((metric) => {
      const estimate = metrics[metric];
      if (!estimate) return [];
      const { value, low, high } = estimate;
      return [[name, scenes, metric, METRICS[metric].ideal, value, low, high]];
    })
  );
  return csvText([["set", "scenes", "measure", "ideal", "value", "low", "high"], ...rows]);
}

/** Content of `generation_classes.csv`: a row per set and class. */
export function generationClassesCsv({ sets, classNames }: GenerationReport): string {
  const rows = sets.flatMap(({ name, classes }) =>
    classes.map(({ percent, pieces, floatingPercent }, label) => [
      name,
      classNames[label],
      ...[percent, pieces, floatingPercent],
    ])
  );
  return csvText([["set", "class", "percent", "pieces", "floating_percent"], ...rows]);
}

/** Content of `nearest_training.csv`: the nearest training scene of every scene, and how many voxels differ. */
export function nearestTrainingCsv({ sets, trainingIds }: GenerationReport): string {
  const rows = sets.flatMap(({ name, nearest }) =>
    nearest ? Array.from(nearest.distances, (distance, i) => [name, i, distance, trainingIds[nearest.indices[i]]]) : []
  );
  return csvText([["set", "scene", "distance", "training_scene"], ...rows]);
}

/** Content of `generation_metrics.json`: the report without the nearest scenes, which have a file of their own. */
export function generationJson({ sets, trainingIds: _, ...report }: GenerationReport): string {
  const ofSets = sets.map(({ nearest: _, ...set }) => set);
  const words = { cautions: cautions({ ...report, sets }), verdict: verdict({ sets }) };
  return JSON.stringify({ ...report, ...words, sets: ofSets }, null, 1) + "\n"; // NaN becomes null
}

function withReach(estimate: Estimate | undefined): string {
  if (!estimate) return "";
  const { value, low, high } = estimate;
  return Number.isNaN(value) ? "-" : `${short(value)} ± ${short(Math.max(value - low, high - value), 2)}`;
}

/** As few digits as tell something. */
function short(value: number, digits = 3): string {
  if (Number.isNaN(value)) return "-";
  if (Math.abs(value) < 0.0005) return "0";
  return Math.abs(value) >= 10 ** digits ? value.toFixed(0) : String(Number(value.toPrecision(digits)));
}
