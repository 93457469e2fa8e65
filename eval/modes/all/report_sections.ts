/** The parts of `index.html`, put together from the files of the modes. */
import { parseCsv } from "../../../base/csv.ts";
import { join } from "@std/path";
import { readTextFile } from "../../../base/files.ts";
import type { InterpolateOptions } from "../interpolate.ts";
import { paragraphsOf, type ReportPicture, type ReportSection, type ReportTable, tablesOf } from "./report.ts";
import type { Run } from "../../run.ts";
import { fileNames } from "../../stale_files.ts";

/** Walks whose animation is on the page; the others are linked. */
const ANIMATIONS = 6;

/** Reconstructions: the tables of both stages side by side, and the sheet. */
export async function reconstructionSection(out: string, run: Run, command: string): Promise<ReportSection> {
  const suffixes = run.refines ? ["", "_refine"] : [""];
  const columns: { title: string; values: ReadonlyMap<string, string> }[] = [];
  for (const [file, column, title] of [["IoU", "iou", "IoU"], ["AP", "ap_present", "AP"]] as const) {
    for (const suffix of suffixes) {
      const values = await csvColumn(join(out, `${file}${suffix}.csv`), column);
      columns.push({ title: suffix ? `${title} refined` : title, values });
    }
  }
  for (const suffix of suffixes) {
    const after = suffix ? " refined" : "";
    columns.push({
      title: `published "IoU"${after}`,
      values: await csvColumn(join(out, `IoU${suffix}.csv`), "iou_reference"),
    });
    columns.push({
      title: `published "mAP"${after}`,
      values: await csvColumn(join(out, `AP${suffix}.csv`), "ap_reference"),
    });
  }
  const table: ReportTable = {
    caption: "Means over scenes; a dash where a class never occurs",
    header: ["class", ...columns.map(({ title }) => title)],
    rows: [...columns[0].values.keys()].map((
      name,
    ) => [name, ...columns.map(({ values }) => decimals(values.get(name)))]),
  };
  return {
    id: "reconstruction",
    title: "Reconstruction",
    text: [
      "Scenes that the run was not trained on, through encoder and generator, and through the refiner if there is one. " +
      'The published "IoU" is an overlap of at most 0.5, the published "mAP" is divided by all scenes whether a class ' +
      "occurs in them or not.",
    ],
    command,
    pictures: [{
      file: "reconstructions.png",
      alt: "Rooms drawn as voxels, a row each: the real room, its reconstruction, and the refined reconstruction",
    }],
    tables: [table],
    files: await fileNames(out, [
      "real.npy",
      "recons.npy",
      "recons_refine.npy",
      "decode_z.npy",
      ...suffixes.flatMap((suffix) => [`IoU${suffix}.csv`, `AP${suffix}.csv`]),
      "summary.txt",
    ]),
  };
}

/** New rooms and their measures. */
export async function generationSection(out: string, run: Run, command: string): Promise<ReportSection> {
  const [metrics] = await fileNames(out, ["generation_metrics.md"]);
  const markdown = metrics ? await readTextFile(join(out, metrics)) : "";
  const pictures: ReportPicture[] = [
    { file: "generated.png", alt: "New rooms drawn as voxels, a row each: as generated, and refined" },
    { file: "generation_classes.svg", alt: "Bar chart: share of each class in real, generated and refined rooms" },
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
    text: [`New rooms from codes drawn from N(0, 1)${run.refines ? ", before and after the refiner" : ""}.`],
    command,
    pictures: pictures.filter(({ file }) => there.includes(file)),
    tables: tablesOf(markdown, "Measures of the rooms against training scenes"),
    files: await fileNames(out, [
      "generate.npy",
      "generate_refine.npy",
      "sample_z.npy",
      "generation_metrics.md",
      "generation_metrics.csv",
      "generation_metrics.json",
      "generation_classes.csv",
      "nearest_training.csv",
    ]),
  };
}

/** Walks between the first `count` scenes. */
export function interpolationSection(
  run: Run,
  count: number,
  { steps, path }: InterpolateOptions,
  command: string,
): ReportSection {
  const pairs = Array.from({ length: count }, (_, left) => Array.from({ length: count }, (_, right) => [left, right]))
    .flat().filter(([left, right]) => left !== right);
  const shown = pairs.filter(([left, right]) => left < right).slice(0, ANIMATIONS);
  const stage = run.refines ? ", as generated and refined" : "";
  return {
    id: "interpolation",
    title: "Interpolation",
    text: [`${steps} steps along a ${path === "linear" ? "straight line" : "great circle"} from code to code.`],
    command,
    pictures: shown.flatMap(([left, right], index) => {
      const name = `interpolation${left}-${right}`, what = `from scene ${left} to scene ${right}${stage}`;
      const strip = { file: `${name}.png`, alt: `Seven steps of a walk ${what}`, caption: `Steps ${what}.` };
      const animation = { file: `${name}.gif`, alt: `Animated walk ${what}`, caption: `The walk ${what}.` };
      return index === 0 ? [animation, strip] : [animation];
    }),
    tables: [],
    files: pairs.flatMap(([left, right]) =>
      ["npy", "gif", "png"].map((ending) => `interpolation${left}-${right}.${ending}`)
    ),
  };
}

/** Perturbed cells of `scenes` scenes. */
export async function noiseSection(out: string, scenes: number, command: string): Promise<ReportSection> {
  const markdown = await readTextFile(join(out, "noise.md"));
  return {
    id: "noise",
    title: "Cells of the code",
    text: paragraphsOf(markdown),
    command,
    pictures: Array.from({ length: scenes }, (_, scene) => ({
      file: `noise${scene}.png`,
      alt: "A room, and for each cell of its code the same room in grey with the voxels that change in red",
      caption: "The redder a voxel, the more of the 9 variants change it.",
    })),
    tables: tablesOf(markdown, "Where the change is, mean over cells"),
    files: ["noise.csv", "noise.md"],
  };
}

/** The map of codes. */
export async function latentSection(out: string, command: string): Promise<ReportSection> {
  const markdown = await readTextFile(join(out, "latent.md"));
  return {
    id: "latent",
    title: "Map of codes",
    text: paragraphsOf(markdown),
    command,
    pictures: [{
      file: "latent.svg",
      alt: "Scatter plot: a point per scene at the first two components of its code, darker to lighter by where the " +
        "middle of the scene is",
    }],
    tables: tablesOf(markdown, "Correlations, Pearson / Spearman"),
    files: ["latent.csv", "latent.png", "latent.md"],
  };
}

/** Learning curves. */
export function curvesSection(command: string): ReportSection {
  return {
    id: "curves",
    title: "Learning curves",
    text: [],
    command,
    pictures: [{ file: "curves.svg", alt: "Line charts of the losses over iterations, a panel per group of losses" }],
    tables: [],
    files: ["curves.png"],
  };
}

/** A column of a table with class names in front, by class name. */
async function csvColumn(path: string, column: string): Promise<Map<string, string>> {
  const [header, ...rows] = parseCsv(await readTextFile(path));
  return new Map(rows.map((row) => [row[0], row[header.indexOf(column)]]));
}

/** Three decimals; a dash for what does not exist. */
function decimals(text: string | undefined): string {
  const value = Number(text);
  return text === undefined || Number.isNaN(value) ? "–" : value.toFixed(3);
}
