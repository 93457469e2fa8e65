/** `--mode recons`: what comes back of scenes that the run has not seen. */
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { parseCsv } from "../../../base/csv.ts";
import { readTextFile } from "../../../base/files.ts";
import { CLASSES_FILE } from "../../../data/class_file.ts";
import { SUMMARY_FILE } from "../../../run/evaluation_files.ts";
import { type Mode, SCENES, SHARED_FLAGS } from "../../mode.ts";
import type { ReportTable } from "../../report.ts";
import { fileNames } from "../../stale_files.ts";
import type { UnseenScenes } from "../../unseen_scenes.ts";
import type { Workspace } from "../../workspace.ts";
import { reconstruct } from "./reconstruct.ts";

const { allowOverlap, count } = SHARED_FLAGS, FLAGS = { allowOverlap, count };

/** Files of the mode; those of the refiner are there if it was trained. */
const FILES = ["real.npy", "recons.npy", "decode_z.npy", "IoU.csv", "AP.csv", SUMMARY_FILE, "reconstructions.png"];
const REFINED_FILES = ["recons_refine.npy", "IoU_refine.csv", "AP_refine.csv"];

/** The mode. */
export const RECONS: Mode<typeof FLAGS> = {
  name: "recons",
  help: "unseen scenes",
  flags: FLAGS,
  picture: "reconstructions.png",
  scenes: ({ count = SCENES }) => count,
  work: async ({ workspace, scenes }) => `${await reconstructScenes(workspace, scenes)}\n`,
  section: async ({ workspace: { out } }) => ({
    id: "reconstruction",
    title: "Reconstruction",
    text: [
      "Scenes that the run was not trained on, through encoder and generator, and through the refiner if there is one. " +
      'The published "IoU" is an overlap of at most 0.5, the published "mAP" is divided by all scenes whether a class ' +
      "occurs in them or not.",
    ],
    pictures: [{
      file: "reconstructions.png",
      alt: "Rooms drawn as voxels, a row each: the real room, its reconstruction, and the refined reconstruction",
    }],
    tables: [await scoresTable(out)],
    files: await fileNames(out, [...FILES, ...REFINED_FILES].filter((name) => !name.endsWith(".png"))),
  }),
};

/**
 * Reconstructs all the scenes unless that is done.
 *
 * @returns the tables, as in `summary.txt`.
 * @throws {UserError} if a scene cannot be read, or a file not be written.
 */
export async function reconstructScenes(workspace: Workspace, scenes: UnseenScenes): Promise<string> {
  const { run, out, ledger, batch, say } = workspace;
  const hash = createHash("sha256");
  for (let i = 0; i < scenes.count; i++) hash.update(await scenes.read(i));
  const inputs = {
    scenes: hash.digest("hex"),
    count: scenes.count,
    together: run.statistics === "batch" ? batch : null,
  };
  const worked = await ledger.once("recons", inputs, async () => {
    await reconstruct(workspace, scenes);
    return [...FILES, ...run.refines ? REFINED_FILES : [], ...await fileNames(out, [CLASSES_FILE])];
  });
  if (!worked) say("The reconstructions were finished already and stay as they are.");
  return (await readTextFile(join(out, SUMMARY_FILE))).trimEnd();
}

/** The tables of both stages side by side, the published formulas last. */
async function scoresTable(out: string): Promise<ReportTable> {
  const suffixes = (await fileNames(out, ["IoU_refine.csv"])).length > 0 ? ["", "_refine"] : [""];
  const after = (suffix: string) => suffix === "" ? "" : " refined";
  const column = async (file: "IoU" | "AP", suffix: string, name: string, title: string) => ({
    title: `${title}${after(suffix)}`,
    values: await csvColumn(join(out, `${file}${suffix}.csv`), name),
  });
  const columns = await Promise.all([
    ...suffixes.map((suffix) => column("IoU", suffix, "iou", "IoU")),
    ...suffixes.map((suffix) => column("AP", suffix, "ap_present", "AP")),
    ...suffixes.flatMap((suffix) => [
      column("IoU", suffix, "iou_reference", 'published "IoU"'),
      column("AP", suffix, "ap_reference", 'published "mAP"'),
    ]),
  ]);
  return {
    caption: "Means over scenes; a dash where a class never occurs",
    header: ["class", ...columns.map(({ title }) => title)],
    rows: [...columns[0].values.keys()].map((name) => [
      name,
      ...columns.map(({ values }) => decimals(values.get(name))),
    ]),
  };
}

/** A column of a table with class names in front, by class name. */
async function csvColumn(path: string, column: string): Promise<Map<string, string>> {
  const [header, ...rows] = parseCsv(await readTextFile(path), path);
  return new Map(rows.map((row) => [row[0], row[header.indexOf(column)]]));
}

/** Three decimals; a dash for what does not exist. */
function decimals(text: string | undefined): string {
  const value = Number(text);
  return text === undefined || Number.isNaN(value) ? "–" : value.toFixed(3);
}
