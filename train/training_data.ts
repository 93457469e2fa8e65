/** The scenes of a run: opened, divided into train and test, and checked against the run's manifest when it resumes. */
import { createHash } from "node:crypto";
import { CacheFolder, defaultCacheFolder } from "../base/cache_folder.ts";
import { UserError } from "../base/errors.ts";
import { checkAugmentations, sceneTransform, transformScene } from "../data/scenes/augment.ts";
import { classListOf, classSetOf, isPublished } from "../data/class_file.ts";
import { formatGrid, type Grid, voxelCount } from "../data/grid.ts";
import { type LabelScanOptions, scanLabels } from "../data/scenes/label_scan.ts";
import { type BatchPart, SceneLoader } from "../data/scenes/loader.ts";
import { makeManifest, type Manifest, readManifest, sceneIndices, writeManifest } from "../data/scenes/manifest.ts";
import { openSample, openScenes } from "../data/scenes/open.ts";
import { mirrorVolumes } from "../data/reference_weights.ts";
import { isProcedural, proceduralSource } from "../data/rooms/mod.ts";
import { SCENE_CACHE_BYTES, SceneReader } from "../data/scenes/scene_reader.ts";
import { labelsOf } from "../data/scenes/scene_labels.ts";
import type { SceneSource } from "../data/scenes/scene_source.ts";
import { type TrainedScene, TrainedScenes } from "../data/scenes/trained_scenes.ts";
import { gatherTexts, type Group, shared, solo } from "../nn/group/group.ts";
import { sceneOptions, type TrainOptions } from "../run/config.ts";
import type { PhaseName } from "./schedule.ts";
import type { RunFolder } from "../run/run_folder.ts";

/** Threads that read scenes for a GPU unless told otherwise; more than this no GPU has been seen to empty. */
const MOST_LOADER_THREADS = 4;

/** Opens the scenes that `options.data` names. @throws {UserError} if they are not of the options' grid and classes. */
export async function openTrainingScenes(options: TrainOptions): Promise<SceneSource> {
  const { data, grid, scenes, seed } = options;
  if (isProcedural(data)) {
    if (options.classes === undefined) return proceduralSource(data, { seed, grid, count: scenes });
    throw new UserError(`--data ${data}: generated ${data} have the published classes; leave out --classes`);
  }
  using owned = new DisposableStack();
  const source = owned.use(await openScenes(data, sceneOptions(options)));
  checkSceneGrid(data, source.grid, grid);
  owned.move();
  return source;
}

/** @throws {UserError} if the scenes at `data` are not of the grid that the run is for. */
export function checkSceneGrid(data: string, found: Grid, expected: Grid): void {
  if (found.every((size, axis) => size === expected[axis])) return;
  throw new UserError(
    `${data} holds scenes of ${formatGrid(found)} voxels, the run expects ${formatGrid(expected)}; ` +
      `start a new run with --grid ${formatGrid(found)}, or choose other --data`,
  );
}

/** What the scenes at `data` are like; null for procedural scenes, which can be of any grid. */
export async function scenesLike(
  { data, classes, unknown }: TrainOptions,
): Promise<Pick<TrainOptions, "grid" | "classes"> | null> {
  if (isProcedural(data)) return null;
  using source = await openSample(data, { classes: classes && classSetOf(classes), unknownLabels: unknown });
  const [d, h, w] = source.grid, found = source.classes;
  return { grid: [d, h, w], classes: classes ?? (found && !isPublished(found) ? classListOf(found) : undefined) };
}

/** @throws {UserError} if a rank has other scenes than rank 0. */
function checkScenesAlike(group: Group, { train, test, source }: Manifest, data: string): void {
  const facts = JSON.stringify([train, test, source.options, source.files.map(({ sha256 }) => sha256)]);
  const all = gatherTexts(group, createHash("sha256").update(facts).digest("hex"));
  const other = all.findIndex((one) => one !== all[0]);
  if (other < 0) return;
  throw new UserError(
    `rank ${other} has other scenes at ${data} than rank 0; put the same files at the same place on every host`,
  );
}

/** The scenes of a run and their batches. */
export class TrainingData implements AsyncDisposable {
  readonly #loaders = new Map<PhaseName, SceneLoader>();
  readonly #reader: SceneReader;
  readonly #trained: TrainedScenes;
  /** Indices of the scenes to train on. */
  readonly #train: readonly number[];

  private constructor(
    readonly source: SceneSource,
    readonly manifest: Manifest,
    readonly options: TrainOptions,
    trained: TrainedScenes,
    private readonly group: Group,
    /** What kind of scene each is, by its name; empty where that is not known. */
    readonly sceneLabels: ReadonlyMap<string, string>,
  ) {
    this.#train = sceneIndices(source, manifest.train);
    this.#trained = trained;
    const threads = options.loaderThreads ?? usualThreads(options, this.#train.length * voxelCount(source.grid));
    this.#reader = new SceneReader({ source, threads, fingerprints: true });
  }

  /**
   * Opens the data of a run. A new run writes its manifest to its folder; a resumed one checks that the scenes named
   * there are still at hand. In a group rank 0 does so, and all take their parts of the batches; `options` are those of
   * one rank.
   */
  static async open(
    options: TrainOptions,
    folder: Pick<RunFolder, "manifest" | "trainedScenes">,
    resumes: boolean,
    group: Group = solo(),
  ): Promise<TrainingData> {
    const source = await openTrainingScenes(options).catch((error) => {
      if (!resumes || !(error instanceof UserError)) throw error;
      throw new UserError(`${error.message}. If the scenes of the run have moved, name their place: --data <path>`);
    });
    try {
      checkAugmentations(options.augment, source.grid);
      const labels = await labelsOf(source, options.data);
      const made = resumes && group.size === 1 ? null : await makeManifest(source, { seed: options.seed });
      if (made) checkScenesAlike(group, made, options.data);
      const owns = group.rank === 0;
      const manifest = shared(group, owns && resumes ? await readManifest(folder.manifest) : made!);
      sceneIndices(source, manifest.test);
      if (owns && !resumes) await writeManifest(folder.manifest, manifest);
      const trained = owns ? await TrainedScenes.open(folder.trainedScenes) : TrainedScenes.forAnother();
      return new TrainingData(source, manifest, options, trained, group, labels);
    } catch (error) {
      source[Symbol.dispose]();
      throw error;
    }
  }

  /** Looks at the labels of all scenes (label_scan.ts). @throws {UserError} naming the first that is no class. */
  async scanLabels(options: Omit<LabelScanOptions, "cache">): Promise<void> {
    await scanLabels(this.#reader, { ...options, cache: new CacheFolder(defaultCacheFolder()) });
  }

  /** How many scenes were read so far, not counting those that were in memory. */
  get scenesRead(): number {
    return this.#reader.scenesRead;
  }

  /** How long {@link batch} has made its callers wait so far. */
  get secondsWaited(): number {
    return [...this.#loaders.values()].reduce((sum, { secondsWaited }) => sum + secondsWaited, 0);
  }

  /** Which part of each batch this process takes. */
  get #part(): BatchPart {
    return { index: this.group.rank, of: this.group.size };
  }

  /** Labels uint8 `[batch, D, H, W]` for an iteration of a phase: given by the options, iteration and rank alone. */
  async batch(phase: PhaseName, iteration: number): Promise<Uint8Array> {
    const { batch, refineBatch, seed, augment } = this.options;
    let loader = this.#loaders.get(phase);
    if (!loader) {
      loader = new SceneLoader({
        reader: this.#reader,
        indices: this.#train,
        batch: phase === "base" ? batch : refineBatch,
        part: this.#part,
        seed: phase === "base" ? seed : seed + 1,
        augment,
      });
      this.#loaders.set(phase, loader);
    }
    const labels = await loader.batch(iteration);
    loader.sceneIndices(iteration).forEach((index) => this.#trainsOn(index));
    return this.#oriented(labels);
  }

  /** Notes a scene that was read. */
  #trainsOn(index: number): void {
    const fingerprint = this.#reader.fingerprint(index);
    if (fingerprint !== undefined) this.#trained.add(this.source.sceneIds[index], fingerprint);
  }

  /**
   * Writes down which scenes were trained on (trained_scenes.ts), in a group by all ranks; a collective there.
   * @throws {UserError} if that cannot be written.
   */
  async saveTrained(): Promise<void> {
    const owns = this.group.rank === 0;
    for (const noted of gatherTexts(this.group, JSON.stringify(owns ? [] : this.#trained.take()))) {
      for (const [fingerprint, name] of JSON.parse(noted) as TrainedScene[]) this.#trained.add(name, fingerprint);
    }
    if (owns) await this.#trained.save();
  }

  /** Batches `[batch, D, H, W]` of training scenes for the networks, the same at every call. */
  async calibrationBatches(count: number): Promise<Uint8Array[]> {
    const { batch, seed } = this.options;
    const options = { reader: this.#reader, indices: this.#train, batch, part: this.#part, seed: seed + 2 };
    await using loader = new SceneLoader(options);
    const batches: Uint8Array[] = [];
    for (let i = 0; i < count; i++) batches.push(this.#oriented(await loader.batch(i)));
    return batches;
  }

  /**
   * Labels `[D, H, W]` of the training scene `index` of the manifest for the networks, varied as the options say; not to
   * be changed.
   *
   * @param pass how often the scene was read before, each time with another variation.
   */
  async trainingScene(index: number, pass: number): Promise<Uint8Array> {
    const { augment, seed } = this.options, { grid } = this.source;
    const scene = await this.#reader.read(this.#train[index]);
    this.#trainsOn(this.#train[index]);
    if (augment.length === 0) return this.#oriented(scene);
    const varied = new Uint8Array(scene.length);
    transformScene(scene, grid, sceneTransform(augment, seed + 3, pass, index), varied);
    return this.#oriented(varied);
  }

  /** Up to `count` held-out scenes, or training scenes where the data set is too small to hold any out. */
  async samples(count: number): Promise<Uint8Array[]> {
    const { test, train } = this.manifest;
    const ids = (test.length > 0 ? test : train).slice(0, count);
    return await Promise.all(sceneIndices(this.source, ids).map((index) => this.source.read(index)));
  }

  /** Scenes as the networks of this run want them. */
  #oriented(labels: Uint8Array): Uint8Array {
    return this.options.mirrored ? mirrorVolumes(labels, voxelCount(this.source.grid), 1) : labels;
  }

  /** Ends reads that are under way and closes the scenes. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const loader of this.#loaders.values()) await loader[Symbol.asyncDispose]();
    await this.#reader[Symbol.asyncDispose]();
    this.source[Symbol.dispose]();
  }
}

/**
 * Threads for a run that names none. The processor's own engine leaves no core free, so a thread pays only where scenes
 * are read again and again.
 */
function usualThreads({ device }: TrainOptions, bytes: number): number {
  if (device === "cpu") return bytes <= SCENE_CACHE_BYTES ? 0 : 1;
  return Math.max(1, Math.min(MOST_LOADER_THREADS, navigator.hardwareConcurrency - 1));
}
