/** `--mode all`: every mode into one folder, and a page that shows what came out. */
import { basename, join } from "@std/path";
import { readTextFile, writeFileAtomic } from "../../../base/files.ts";
import { VERSION } from "../../../base/version.ts";
import { runFolder } from "../../../run/run_folder.ts";
import { generateAndMeasure, type GenerateOptions } from "../generate/generation.ts";
import { interpolate, type InterpolateOptions } from "../interpolate.ts";
import { mapCodes } from "../latent/latent.ts";
import type { Mode } from "../../flags.ts";
import { perturbCells } from "../noise/noise.ts";
import { reconstructScenes } from "../recons.ts";
import { reportHtml, type ReportSection } from "./report.ts";
import {
  curvesSection,
  generationSection,
  interpolationSection,
  latentSection,
  noiseSection,
  reconstructionSection,
} from "./report_sections.ts";
import type { Run } from "../../run.ts";
import { fileNames } from "../../stale_files.ts";
import type { TestScenes } from "../../unseen_scenes.ts";
import type { Workspace } from "../../workspace.ts";

/** Scenes whose cells are perturbed: each is a decoding of 10 rooms per cell. */
const PERTURBED_SCENES = 1;
/** With fewer scenes there is nothing to walk between, or to map. */
const LEAST = { interpolate: 2, latent: 3 } as const;

/** What {@link evaluateAll} does, by mode. */
export interface AllOptions {
  /** Of new rooms. */
  readonly generate: GenerateOptions;
  /** Of walks. */
  readonly interpolate: InterpolateOptions;
  /** Other runs on the map of codes. */
  readonly others: readonly Run[];
  /** The command that does one mode alone. */
  commandOf(mode: Mode): string;
}

/**
 * Does every mode unless it is done, draws the learning curves, and writes `index.html`. What the run or the scenes do
 * not allow, such as perturbing cells of a flat code, is left out and said.
 *
 * @returns the path of the page.
 * @throws {UserError} as the modes do.
 */
export async function evaluateAll(workspace: Workspace, scenes: TestScenes, options: AllOptions): Promise<string> {
  const { run, out, say } = workspace, { commandOf } = options;
  const sections: ReportSection[] = [];
  await reconstructScenes(workspace, scenes);
  sections.push(await reconstructionSection(out, run, commandOf("recons")));
  await generateAndMeasure(workspace, options.generate);
  sections.push(await generationSection(out, run, commandOf("generate")));
  if (scenes.count >= LEAST.interpolate) {
    await interpolate(workspace, scenes, options.interpolate);
    const count = Math.min(options.interpolate.pairs, scenes.count);
    sections.push(interpolationSection(run, count, options.interpolate, commandOf("interpolate")));
  } else say("One scene: no walks.");
  if (run.codeShape.length === 4) {
    await perturbCells(workspace, scenes, { count: PERTURBED_SCENES, seed: options.generate.seed });
    sections.push(await noiseSection(out, PERTURBED_SCENES, commandOf("noise")));
  } else say("The code of this run is flat: no cells to perturb.");
  if (scenes.count >= LEAST.latent) {
    await mapCodes(workspace, scenes, { count: scenes.count, others: options.others });
    sections.push(await latentSection(out, commandOf("latent")));
  } else say(`${scenes.count} scenes: no map of codes.`);
  if (await drawCurves(workspace)) sections.push(curvesSection(`deno task viz ${run.root}`));

  const page = join(out, "index.html");
  const links = await fileNames(out, ["evaluation.json", "classes.json"]);
  await writeFileAtomic(
    page,
    reportHtml({
      title: `Evaluation of ${basename(run.root)}`,
      lead: `Step ${run.step} on ${scenes.description}, batch norm with ${run.statistics} statistics. ` +
        (run.refines
          ? "Pictures show rooms before and after the refiner."
          : "The refiner of this run was not trained.") +
        ` All files lie beside this page${links.length > 0 ? `; ${links.join(", ")} say how they came about` : ""}.`,
      sections,
      facts: factsOf(run, commandOf("all")),
    }),
  );
  return page;
}

/** Draws the learning curves that the run has kept. */
async function drawCurves({ run, out, pictures }: Workspace): Promise<boolean> {
  const { statistics } = runFolder(run.root);
  if ((await fileNames(run.root, [basename(statistics)])).length === 0) return false;
  const figure = pictures.curves(await readTextFile(statistics), statistics);
  if (!figure) return false;
  await writeFileAtomic(join(out, "curves.svg"), figure.svg);
  await writeFileAtomic(join(out, "curves.png"), figure.png);
  return true;
}

function factsOf(run: Run, command: string): (readonly [string, string])[] {
  const shown = (value: unknown) =>
    Array.isArray(value) ? value.map((each) => each?.name ?? each).join(", ") : `${value}`;
  return [
    ["command", command],
    ["checkpoint", `step ${run.step}, SHA-256 ${run.checksum}`],
    ["batch norm", `${run.statistics} statistics`],
    ["code", run.codeShape.join(" x ")],
    ["program", `version ${VERSION}, Deno ${Deno.version.deno}`],
    ...Object.entries(run.options).map(([name, value]) => [name, shown(value)] as const),
  ];
}
