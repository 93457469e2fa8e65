/** `--mode recons`: scenes through encoder, generator and refiner, measured and written in the reference's files. */
import { join } from "@std/path";
import { writeFileAtomic } from "../base/files.ts";
import { Progress } from "../base/progress.ts";
import { writeLabelsAsInt64, writeNpy } from "../data/formats/npy.ts";
import { AveragePrecisionMeter } from "./metrics/average_precision.ts";
import { IouMeter } from "./metrics/iou.ts";
import type { DecodedRooms, Run } from "./run.ts";
import { averagePrecisionCsv, iouCsv, type Scores } from "./tables.ts";
import { removeFiles } from "./stale_files.ts";
import type { TestScenes } from "./unseen_scenes.ts";

/** Options of {@link evaluateReconstruction}. */
export interface ReconstructionOptions {
  /** Scenes that go through the networks together. */
  readonly batch: number;
  /** Folder that the files are written to. */
  readonly out: string;
  /** Threads that compute average precision. */
  readonly threads: number;
}

/** Scores, and labels of each stage for pictures. */
export interface Reconstruction {
  /** Before the refiner and, if it was trained, after it. */
  readonly scores: readonly Scores[];
  /** The scenes themselves, `[D, H, W]` each. */
  readonly real: readonly Uint8Array[];
  /** As the generator gives them back from their codes. */
  readonly recons: readonly Uint8Array[];
  /** After the refiner; null if it was not trained. */
  readonly refined: readonly Uint8Array[] | null;
}

/**
 * Reconstructs scenes and writes `real.npy recons.npy [recons_refine.npy]` (int64 labels `[n, D, H, W]`),
 * `decode_z.npy` (float32 codes) and the tables `IoU.csv AP.csv [IoU_refine.csv AP_refine.csv]`. Files in brackets of
 * an earlier evaluation go where this run has no trained refiner.
 */
export async function evaluateReconstruction(
  run: Run,
  scenes: TestScenes,
  options: ReconstructionOptions,
): Promise<Reconstruction> {
  await using plain = new Stage("reconstruction", options.threads, run.classes.names);
  await using refined = run.refines ? new Stage("refined", options.threads, run.classes.names) : null;
  using progress = new Progress("reconstructing", scenes.count, "scenes");
  const real: Uint8Array[] = [], codes: Float32Array[] = [];
  for (let start = 0; start < scenes.count; start += options.batch) {
    const n = Math.min(options.batch, scenes.count - start);
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
  const shape = [scenes.count, ...run.config.grid];
  await writeLabelsAsInt64(join(options.out, "real.npy"), shape, real);
  await writeCodes(join(options.out, "decode_z.npy"), run, codes);
  const scores = [await plain.finish(options.out, shape, "")];
  if (refined) scores.push(await refined.finish(options.out, shape, "_refine"));
  if (!refined) await removeFiles(options.out, ["recons_refine.npy", "IoU_refine.csv", "AP_refine.csv"]);
  return { scores, real, recons: plain.predicted, refined: refined?.predicted ?? null };
}

/** Writes codes as float32 `[n, …]` of the shape of the run's codes. */
export async function writeCodes(path: string, run: Run, codes: readonly Float32Array[]): Promise<void> {
  const numbers = codes.reduce((sum, each) => sum + each.length, 0);
  const all = new Float32Array(numbers);
  let at = 0;
  for (const each of codes) {
    all.set(each, at);
    at += each.length;
  }
  await writeNpy(path, { dtype: "float32", shape: [numbers / run.codeSize, ...run.codeShape], data: all });
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
