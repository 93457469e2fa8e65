/** `--mode all`: every mode into one folder, and a page that shows what came out. */
import { basename, join } from "@std/path";
import type { z } from "zod";
import { writeFileAtomic } from "../../../base/files.ts";
import { VERSION } from "../../../base/version.ts";
import { runFolder } from "../../../run/run_folder.ts";
import { readStatistics } from "../../../run/statistics.ts";
import { learningCurves } from "../../../viz/draw/curves.ts";
import { writeFigure } from "../../../viz/draw/write_figure.ts";
import { type Call, commandOf, type Mode } from "../../mode.ts";
import { reportHtml, type ReportSection } from "../../report.ts";
import type { Run } from "../../run.ts";
import { fileNames } from "../../stale_files.ts";
import type { Workspace } from "../../workspace.ts";
import { MODES } from "../modes.ts";

/** Not one of {@link MODES}: it walks them, and reads what any of them does. */
export const ALL: Omit<Mode, "section"> = {
  name: "all",
  help: "everything and a page index.html",
  flags: Object.assign({}, ...MODES.map(({ flags }) => flags)) as z.ZodRawShape,
  picture: "index.html",
  severalRuns: true,
  scenes: (flags) => Math.max(...MODES.map((mode) => mode.scenes(mode.ofAll?.(flags) ?? flags))),
  async work(call) {
    await evaluateAll(call);
    return "";
  },
};

/**
 * Does every mode unless it is done, draws the learning curves, and writes `index.html`. What the run or the scenes do
 * not allow, such as perturbing cells of a flat code, is left out and said.
 *
 * @throws {UserError} as the modes do.
 */
async function evaluateAll(call: Call): Promise<void> {
  const { workspace, scenes } = call, { run, out, say } = workspace;
  const sections: ReportSection[] = [];
  for (const mode of MODES) {
    const flags = mode.ofAll?.(call.flags) ?? call.flags;
    const own: Call = { ...call, flags, scenes: scenes.first(mode.scenes(flags)) };
    const reason = mode.leftOut?.(own) ?? null;
    if (reason !== null) {
      say(reason);
      continue;
    }
    await mode.work(own);
    sections.push({ ...await mode.section(own), command: commandOf(mode, run, flags) });
  }
  if (await drawCurves(workspace)) sections.push(curvesSection(run));
  const links = await fileNames(out, ["evaluation.json", "classes.json"]);
  await writeFileAtomic(
    join(out, "index.html"),
    reportHtml({
      title: `Evaluation of ${basename(run.root)}`,
      lead: `Step ${run.step} on ${scenes.description}, batch norm with ${run.statistics} statistics. ` +
        (run.refines
          ? "Pictures show rooms before and after the refiner."
          : "The refiner of this run was not trained.") +
        ` All files lie beside this page${links.length > 0 ? `; ${links.join(", ")} say how they came about` : ""}.`,
      sections,
      facts: factsOf(run, commandOf(ALL, run, call.flags)),
    }),
  );
}

/** Draws the learning curves that the run has kept. */
async function drawCurves({ run, out }: Workspace): Promise<boolean> {
  const rows = await readStatistics(runFolder(run.root).statistics);
  if (rows.length > 0) await writeFigure(out, "curves", learningCurves(rows));
  return rows.length > 0;
}

function curvesSection(run: Run): ReportSection {
  return {
    id: "curves",
    title: "Learning curves",
    text: [],
    command: `deno task viz ${run.root}`,
    pictures: [{ file: "curves.svg", alt: "Line charts of the losses over iterations, a panel per group of losses" }],
    tables: [],
    files: ["curves.png"],
  };
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
