/** Generated scenes of a run, measured against its training scenes with a pinned encoder. */
import { basename, dirname, join } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { writeFileAtomic } from "../../../base/files.ts";
import { Progress } from "../../../base/progress.ts";
import { checkpointStep } from "../../../run/checkpoint.ts";
import { GENERATION_REPORT } from "../../../run/evaluation_files.ts";
import { readRunOptions } from "../../../run/run_folder.ts";
import { JUDGE_MODEL } from "../../../run/shipped_model.ts";
import { type ComparisonScenes, comparisonScenes } from "./comparison_scenes.ts";
import { type GenerationReport, REPORT_FORMAT } from "./generation_report.ts";
import {
  generationClassesCsv,
  generationCsv,
  generationJson,
  generationMarkdown,
  nearestTrainingCsv,
} from "./generation_tables.ts";
import { meanIou, reconstructions } from "./reconstructions.ts";
import { measureGeneration, type NamedScenes } from "../../metrics/generation/measure.ts";
import { Run, type RunOpenOptions } from "../../run.ts";

/** Training scenes searched for copies at most, so that the search takes seconds to minutes. */
const MOST_SEARCHED = 1000;

/** Scenes at most that the encoder's run reconstructs to tell whether it knows such. */
const MOST_RECONSTRUCTED = 50;

/** Files that {@link GenerationJudge.judge} writes. */
export const JUDGE_FILES = [
  GENERATION_REPORT,
  "generation_metrics.csv",
  "generation_metrics.json",
  "generation_classes.csv",
  "nearest_training.csv",
] as const;

/** How to judge. */
export interface JudgeOptions {
  /** Run folder or checkpoint file whose encoder makes the codes; as of {@link judgeOf} if left out. */
  readonly encoder?: string;
  /** Scenes that stand in for the run's training scenes. */
  readonly data?: string;
  /** uint32; seed of the choice of scenes and of the confidence intervals; 0 if left out. */
  readonly seed?: number;
  /** How many scenes will be generated: as many real ones are compared with them. */
  readonly count: number;
  /** Scenes encoded together. */
  readonly batch: number;
  /** Engine of another run's encoder. */
  readonly engine?: Pick<RunOpenOptions, "backend" | "device" | "cpuEngine" | "threads">;
}

/** Holds what generated scenes are measured against. Open it before generating: what is amiss is told at once. */
export class GenerationJudge implements Disposable {
  readonly #run: Run;
  readonly #encoder: Run;
  readonly #scenes: ComparisonScenes;
  readonly #options: JudgeOptions;
  readonly #owned: DisposableStack;

  private constructor(run: Run, encoder: Run, scenes: ComparisonScenes, options: JudgeOptions, owned: DisposableStack) {
    this.#run = run;
    this.#encoder = encoder;
    this.#scenes = scenes;
    this.#options = options;
    this.#owned = owned;
  }

  /** What the measures depend on besides the scenes to measure. */
  get inputs(): Readonly<Record<"encoder" | "comparedWith" | "format", string | number>> {
    return { encoder: this.#encoder.checksum, comparedWith: this.#scenes.description, format: REPORT_FORMAT };
  }

  /** @throws {UserError} if the encoder or the scenes cannot be read, or do not fit the run. */
  static async open(run: Run, options: JudgeOptions): Promise<GenerationJudge> {
    using owned = new DisposableStack();
    const named = options.encoder ?? await judgeOf(run, options.data);
    const encoder = named === null ? run : owned.use(await openEncoder(named, run, options));
    const scenes = owned.use(
      await comparisonScenes(run.root, run.options, {
        seed: options.seed ?? 0,
        mostTraining: Math.max(MOST_SEARCHED, options.count),
        mostUnseen: options.count,
        data: options.data,
      }),
    );
    return new GenerationJudge(run, encoder, scenes, options, owned.move());
  }

  /**
   * Measures sets of scenes and writes `generation_metrics.md`, `.csv` and `.json`, `generation_classes.csv` and
   * `nearest_training.csv` into `out`.
   *
   * @throws {UserError} if a scene cannot be read or a file not be written.
   */
  async judge(generated: readonly NamedScenes[], out: string): Promise<GenerationReport> {
    const { training, unseen, description } = this.#scenes, { batch, seed = 0, count } = this.#options;
    const encoder = this.#encoder, classNames = this.#run.classes.names;
    const real = await Promise.all(unseen.ids.map((_, index) => unseen.read(index)));
    const decoded = reconstructions(this.#run, real, batch);
    using progress = new LazyProgress("measuring");
    const sets = await measureGeneration({
      grid: this.#run.config.grid,
      classNames,
      training: { count: training.ids.length, read: training.read },
      references: count,
      unseen: real.length > 0 ? { name: "unseen", scenes: real } : null,
      reconstructions: real.length > 0 ? { name: "reconstructions", scenes: decoded } : null,
      generated,
      encode: (labels, n) => encoder.encode(labels, n),
      batch,
      backend: this.#run.backend,
      seed,
      onProgress: (done, total) => progress.update(done, total),
    });
    const report: GenerationReport = {
      format: REPORT_FORMAT,
      run: basename(this.#run.root),
      step: this.#run.step,
      encoder: {
        run: basename(encoder.root),
        step: encoder.step,
        checksum: encoder.checksum,
        pinned: encoder.root === JUDGE_MODEL,
        batchNorm: encoder.statistics,
        codeSize: encoder.codeSize,
        reconstructionIou: await this.#encoderIou(),
      },
      comparedWith: description,
      searched: training.ids.length,
      seed,
      classNames,
      sets,
      trainingIds: training.ids,
    };
    await writeFileAtomic(join(out, GENERATION_REPORT), generationMarkdown(report));
    await writeFileAtomic(join(out, "generation_metrics.csv"), generationCsv(report));
    await writeFileAtomic(join(out, "generation_metrics.json"), generationJson(report));
    await writeFileAtomic(join(out, "generation_classes.csv"), generationClassesCsv(report));
    await writeFileAtomic(join(out, "nearest_training.csv"), nearestTrainingCsv(report));
    return report;
  }

  /** Whether the encoder knows such scenes: the true IoU of its run's reconstructions of a few. */
  async #encoderIou(): Promise<number> {
    const { training, unseen } = this.#scenes, { batch } = this.#options;
    const { ids, read } = unseen.ids.length > 0 ? unseen : training;
    const scenes = await Promise.all(ids.slice(0, MOST_RECONSTRUCTED).map((_, index) => read(index)));
    return meanIou(scenes, reconstructions(this.#encoder, scenes, batch), this.#run.config.classes);
  }

  /** A training scene by its place in {@link GenerationReport.trainingIds}: labels `[D, H, W]`. */
  trainingScene(index: number): Promise<Uint8Array> {
    return this.#scenes.training.read(index);
  }

  /** Closes the scenes, and the encoder if it is another run's. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}

/**
 * The judge that comes with the program for a run on rooms such as it was trained on, so that figures of runs compare;
 * null, for the run's own encoder, where scenes are others.
 */
async function judgeOf(run: Run, data: string | undefined): Promise<string | null> {
  const judge = await readRunOptions(JUDGE_MODEL), alike = judge.data === (data ?? run.options.data);
  return alike && String(judge.grid) === String(run.config.grid) ? JUDGE_MODEL : null;
}

/** Opens a run folder at its newest checkpoint, or a checkpoint file. @throws {UserError} if it does not fit `run`. */
async function openEncoder(path: string, run: Run, { engine }: JudgeOptions): Promise<Run> {
  const step = checkpointStep(basename(path));
  if (step === null && await isFile(path)) {
    throw new UserError(
      `--encoder ${path} is no checkpoint: expected the folder of a run, or a file step-….safetensors`,
    );
  }
  const encoder = step === null
    ? await Run.open(path, engine)
    : await Run.open(dirname(dirname(path)), { ...engine, step });
  const [wanted, found] = [run, encoder].map(({ config: { grid, classes } }) =>
    `${grid.join("x")} voxels, ${classes} classes`
  );
  if (wanted === found) return encoder;
  encoder[Symbol.dispose]();
  throw new UserError(
    `--encoder ${path} is for scenes of ${found}, this run generates ${wanted}; name a run of that grid and classes`,
  );
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

/** A progress line whose total is known with the first report. */
class LazyProgress implements Disposable {
  #progress: Progress | null = null;

  constructor(readonly label: string) {}

  update(done: number, total: number): void {
    this.#progress ??= new Progress(this.label, total, "scenes");
    this.#progress.update(done);
  }

  [Symbol.dispose](): void {
    this.#progress?.[Symbol.dispose]();
  }
}
