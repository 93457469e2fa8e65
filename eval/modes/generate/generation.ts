/** `--mode generate`: new rooms, pictures of them, and what can be measured of them. */
import { join } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { writeFileAtomic } from "../../../base/files.ts";
import { CLASSES_FILE, writeClasses } from "../../../data/class_file.ts";
import { readNpy } from "../../../data/formats/npy.ts";
import { generateRooms, type Generation } from "./generate.ts";
import { GenerationJudge, type JudgeOptions } from "./generation_judge.ts";
import { generationSummary } from "./generation_tables.ts";
import type { NamedScenes } from "../../metrics/generation/measure.ts";
import { fileNames } from "../../stale_files.ts";
import type { Workspace } from "../../workspace.ts";

/** Pairs in the sheet of nearest training scenes. */
const NEAREST_PAIRS = 6;
/** Files of the measures. */
const MEASURE_FILES = [
  "generation_metrics.md",
  "generation_metrics.csv",
  "generation_metrics.json",
  "generation_classes.csv",
  "nearest_training.csv",
  "generation_classes.svg",
  "generation_classes.png",
  "nearest_training.png",
] as const;

/** Options of {@link generateAndMeasure}. */
export interface GenerateOptions extends Pick<JudgeOptions, "data" | "encoder" | "engine"> {
  /** How many rooms. */
  readonly count: number;
  /** uint32; room i of a seed is the same however many there are. */
  readonly seed: number;
  /** Greatest size of a number of a code; no limit if left out. */
  readonly truncation?: number;
  /** Whether to measure the rooms. */
  readonly metrics: boolean;
}

/**
 * Generates rooms and measures them against the run's training scenes, each unless it is done. Writes what
 * `generateRooms` does, `generated.png`, and the files of `GenerationJudge.judge` with two pictures.
 *
 * @returns the measures as a table for the terminal, or what there is to say instead.
 * @throws {UserError} if scenes or encoder that were named cannot be read, or a file not be written.
 */
export async function generateAndMeasure(workspace: Workspace, options: GenerateOptions): Promise<string> {
  const { run, out, ledger, batch, pictures, say } = workspace, { count, seed, truncation } = options;
  using judge = options.metrics ? await openJudge(workspace, options) : null;
  const inputs = { count, seed, truncation: truncation ?? null, together: run.statistics === "batch" ? batch : null };
  let rooms: Generation | null = null;
  const generated = await ledger.once("generate", inputs, async () => {
    rooms = await generateRooms(run, { count, seed, truncation, batch, out });
    const versions = versionsOf(rooms).map(({ name, scenes }) => ({ title: name, volumes: scenes }));
    await writeFileAtomic(join(out, "generated.png"), pictures.rooms(versions, run.config.grid));
    await writeClasses(out, run.classes);
    const refined = run.refines ? ["generate_refine.npy"] : [];
    return ["generate.npy", "sample_z.npy", "generated.png", ...refined, ...await fileNames(out, [CLASSES_FILE])];
  });
  if (!generated) say("The rooms were generated already and stay as they are.");
  if (!judge) return "";
  let summary = `The rooms were measured already: ${join(out, "generation_metrics.md")}`;
  await ledger.once("generation_metrics", { ...inputs, ...judge.inputs }, async () => {
    summary = await measure(workspace, judge, versionsOf(rooms ?? await readRooms(workspace)));
    return MEASURE_FILES;
  });
  return summary;
}

/** What rooms are measured against; null, with a line, if the run's training scenes are not at hand. */
async function openJudge({ run, batch, say }: Workspace, options: GenerateOptions): Promise<GenerationJudge | null> {
  const { count, seed, data, encoder, engine } = options;
  try {
    return await GenerationJudge.open(run, { count, seed, data, encoder, engine, batch });
  } catch (error) {
    if (!(error instanceof UserError) || data !== undefined || encoder !== undefined) throw error;
    say(`The rooms will not be measured: ${error.message} (--data names scenes to compare them with)`);
    return null;
  }
}

function versionsOf({ generated, refined }: Generation): NamedScenes[] {
  return [{ name: "generated", scenes: generated }, ...refined ? [{ name: "refined", scenes: refined }] : []];
}

/** The rooms of a call that was stopped before they were measured. */
async function readRooms({ run, out }: Workspace): Promise<Generation> {
  const read = async (name: string) => {
    const { data, shape } = await readNpy(join(out, name));
    return Array.from(
      { length: shape[0] },
      (_, i) => Uint8Array.from(data.subarray(i * run.voxels, (i + 1) * run.voxels), Number),
    );
  };
  return { generated: await read("generate.npy"), refined: run.refines ? await read("generate_refine.npy") : null };
}

async function measure(
  { run, out, pictures }: Workspace,
  judge: GenerationJudge,
  versions: readonly NamedScenes[],
): Promise<string> {
  const report = await judge.judge(versions, out);
  const shares = report.sets.map(({ name, classes }) => ({ name, percent: classes.map(({ percent }) => percent) }));
  const chart = pictures.classShares(shares);
  await writeFileAtomic(join(out, "generation_classes.svg"), chart.svg);
  await writeFileAtomic(join(out, "generation_classes.png"), chart.png);
  const { name, scenes } = versions.at(-1)!, { distances, indices } = report.sets.at(-1)!.nearest!;
  const nearest = [...distances.keys()].sort((a, b) => distances[a] - distances[b]).slice(0, NEAREST_PAIRS);
  const pairs = await Promise.all(nearest.map(async (index) => ({
    scene: scenes[index],
    nearest: await judge.trainingScene(indices[index]),
    distance: distances[index],
  })));
  await writeFileAtomic(join(out, "nearest_training.png"), pictures.nearest(name, pairs, run.config.grid));
  return generationSummary(report);
}
