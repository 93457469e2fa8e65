/** Scenes through encoder, generator and refiner: what comes back is measured, drawn and written in the reference's files. */
import { join } from "@std/path";
import { writeFileAtomic } from "../../../base/files.ts";
import { Progress } from "../../../base/progress.ts";
import { writeClasses } from "../../../data/class_file.ts";
import { writeLabelsAsInt64 } from "../../../data/formats/npy.ts";
import { RECONSTRUCTIONS, SUMMARY_FILE } from "../../../run/evaluation_files.ts";
import { evaluationSheet } from "../../../viz/draw/evaluation_sheet.ts";
import { encodeIndexedPng } from "../../../viz/draw/png.ts";
import { writeCodes } from "../../codes.ts";
import { AveragePrecisionMeter } from "../../metrics/average_precision.ts";
import { IouMeter } from "../../metrics/iou.ts";
import type { DecodedRooms } from "../../run.ts";
import { removeFiles } from "../../stale_files.ts";
import { averagePrecisionCsv, iouCsv, type Scores, summaryTable } from "../../tables.ts";
import type { UnseenScenes } from "../../unseen_scenes.ts";
import type { Workspace } from "../../workspace.ts";

/** What came out. */
export interface Reconstruction {
  /** Before the refiner and, if it was trained, after it. */
  readonly scores: readonly Scores[];
  /** Tables for the terminal, also in `summary.txt`. */
  readonly summary: string;
  /** Path of the contact sheet. */
  readonly sheet: string;
}

/**
 * Reconstructs scenes and writes `real.npy recons.npy [recons_refine.npy]` (int64 labels `[n, D, H, W]`),
 * `decode_z.npy` (float32 codes), the tables `IoU.csv AP.csv [IoU_refine.csv AP_refine.csv]`, `summary.txt` and
 * `reconstructions.png`. Files in brackets of an earlier evaluation go where this run has no trained refiner.
 *
 * @throws {UserError} if a scene cannot be read, or a file not be written.
 */
export async function reconstruct(
  { run, out, batch, threads }: Pick<Workspace, "run" | "out" | "batch" | "threads">,
  scenes: UnseenScenes,
): Promise<Reconstruction> {
  await using plain = new Stage("reconstruction", threads, run.classes.names);
  await using refined = run.refines ? new Stage("refined", threads, run.classes.names) : null;
  using progress = new Progress("reconstructing", scenes.count, "scenes");
  const real: Uint8Array[] = [], codes: Float32Array[] = [];
  for (let start = 0; start < scenes.count; start += batch) {
    const n = Math.min(batch, scenes.count - start);
    const labels = new Uint8Array(n * run.voxels);
    for (let i = 0; i < n; i++) {
      real.push(await scenes.read(start + i));
      labels.set(real[start + i], i * run.voxels);
    }
    codes.push(run.encode(labels, n));
    const decoded = run.decode(codes.at(-1)!, n);
    for (let i = 0; i < n; i++) {
      await plain.add(real[start + i], decoded.plain, i);
      if (decoded.refined) await refined?.add(real[start + i], decoded.refined, i);
    }
    progress.update(start + n);
  }
  const { grid } = run.config, { classes } = run, shape = [scenes.count, ...grid];
  await writeLabelsAsInt64(join(out, "real.npy"), shape, real);
  await writeCodes(join(out, "decode_z.npy"), run, codes);
  const scores = [await plain.finish(out, shape, "")];
  if (refined) scores.push(await refined.finish(out, shape, "_refine"));
  else await removeFiles(out, ["recons_refine.npy", "IoU_refine.csv", "AP_refine.csv"]);

  const lines = [`Step ${run.step} on ${scenes.description}, batch norm with ${run.statistics} statistics:`, ""];
  lines.push(summaryTable(scores, classes.names));
  if (!refined) lines.push("", "The refiner of this run was not trained: no *_refine files.");
  const summary = lines.join("\n");
  await writeFileAtomic(join(out, SUMMARY_FILE), summary + "\n");
  await writeClasses(out, classes);
  const volumes = { real, recons: plain.predicted, recons_refine: refined?.predicted };
  const sheet = join(out, RECONSTRUCTIONS.sheet);
  await writeFileAtomic(sheet, encodeIndexedPng(evaluationSheet(RECONSTRUCTIONS, volumes, grid, { classes })));
  return { scores, summary, sheet };
}

/** Metrics and labels of one stage. */
class Stage implements AsyncDisposable {
  readonly predicted: Uint8Array[] = [];
  readonly #iou: IouMeter;
  readonly #averagePrecision: AveragePrecisionMeter;

  constructor(readonly title: string, threads: number, readonly classNames: readonly string[]) {
    this.#iou = new IouMeter(classNames.length);
    this.#averagePrecision = new AveragePrecisionMeter(threads, classNames.length);
  }

  async add(real: Uint8Array, rooms: DecodedRooms, index: number): Promise<void> {
    const labels = rooms.labels.slice(index * real.length, (index + 1) * real.length);
    const perRoom = rooms.probabilities.length / rooms.labels.length * real.length;
    this.predicted.push(labels);
    this.#iou.add(real, labels);
    await this.#averagePrecision.add(real, rooms.probabilities.subarray(index * perRoom, (index + 1) * perRoom));
  }

  async finish(out: string, shape: readonly number[], suffix: string): Promise<Scores> {
    await writeLabelsAsInt64(join(out, `recons${suffix}.npy`), shape, this.predicted);
    const iou = this.#iou.finish(), averagePrecision = await this.#averagePrecision.finish();
    await writeFileAtomic(join(out, `IoU${suffix}.csv`), iouCsv(iou, this.classNames));
    await writeFileAtomic(join(out, `AP${suffix}.csv`), averagePrecisionCsv(averagePrecision, this.classNames));
    return { title: this.title, iou, averagePrecision };
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#averagePrecision[Symbol.asyncDispose]();
  }
}
