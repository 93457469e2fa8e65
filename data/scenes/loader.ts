/** Batches of scenes for training. */
import { type Augmentation, checkAugmentations, sceneTransform, transformScene } from "./augment.ts";
import { voxelCount } from "../grid.ts";
import type { SceneReader } from "./scene_reader.ts";
import { epochOrder } from "./shuffle.ts";

/** Options of a {@link SceneLoader}. */
export interface SceneLoaderOptions {
  /** Reads the scenes; stays with the caller, who disposes it after the loader. */
  readonly reader: SceneReader;
  /** Indices of the scenes to use, e.g. the train side of a manifest; all if left out. */
  readonly indices?: readonly number[];
  /** Scenes per batch, or of the part of a batch. */
  readonly batch: number;
  /** Which of several equal parts of every batch to give; all of it if left out. */
  readonly part?: BatchPart;
  /** Seed of the order of the scenes and of their augmentation. */
  readonly seed: number;
  /** How scenes are varied; not at all if left out. */
  readonly augment?: readonly Augmentation[];
}

/** One of `of` equal parts of a batch, counted from 0. */
export interface BatchPart {
  /** Which. */
  readonly index: number;
  /** Of how many. */
  readonly of: number;
}

const WHOLE: BatchPart = { index: 0, of: 1 };

/** Batches read ahead on other threads: while one is used two wait, and one is being read. */
const BATCHES_AHEAD = 3;

/**
 * Gives the batch of any iteration. The scenes form one endless sequence, epoch after epoch, each epoch in its own
 * order with every scene once; batch i holds its positions i·batch .. (i+1)·batch − 1, across the ends of epochs. So a
 * batch depends on the options and the iteration alone, and a resumed run goes on with exactly the scenes it would
 * have seen. Loaders of the parts of a batch give the same scenes, varied alike, as one of the whole. While the caller
 * computes, the next batches are read.
 */
export class SceneLoader implements AsyncDisposable {
  readonly #options: SceneLoaderOptions;
  readonly #indices: readonly number[];
  readonly #orders = new Map<number, Uint32Array>();
  readonly #ahead = new Map<number, Promise<Uint8Array>>();
  #secondsWaited = 0;

  /**
   * Reads nothing yet.
   * @throws {RangeError} if there are no scenes or the batch is not a positive whole number.
   * @throws {UserError} if the scenes' grid does not allow the augmentation.
   */
  constructor(options: SceneLoaderOptions) {
    const { source } = options.reader;
    this.#options = options;
    this.#indices = options.indices ?? source.sceneIds.map((_, index) => index);
    if (this.#indices.length === 0) throw new RangeError("a loader needs at least one scene");
    if (!Number.isSafeInteger(options.batch) || options.batch < 1) {
      throw new RangeError(`batch ${options.batch}: expected a positive whole number`);
    }
    checkAugmentations(options.augment ?? [], source.grid);
  }

  /** How long callers of {@link batch} have waited so far. */
  get secondsWaited(): number {
    return this.#secondsWaited;
  }

  /** Indices in the source of the scenes of a batch, or of its part. */
  sceneIndices(iteration: number): number[] {
    const count = this.#indices.length;
    const { batch, part = WHOLE } = this.#options, first = (iteration * part.of + part.index) * batch;
    return Array.from({ length: batch }, (_, i) => {
      const position = first + i;
      return this.#indices[this.#order(Math.floor(position / count))[position % count]];
    });
  }

  /**
   * Labels of the batch of an iteration (0, 1, 2, …), `[batch, D, H, W]`; the caller may keep and change them.
   *
   * @throws {UserError} if a scene cannot be read.
   */
  async batch(iteration: number): Promise<Uint8Array> {
    const started = performance.now();
    if (!this.#ahead.has(iteration)) await this.#forget();
    const wanted = this.#start(iteration);
    this.#ahead.delete(iteration);
    const labels = await wanted;
    const ahead = this.#options.reader.readsAhead ? BATCHES_AHEAD : 1;
    for (let next = iteration + 1; next <= iteration + ahead; next++) this.#start(next);
    this.#secondsWaited += (performance.now() - started) / 1000;
    return labels;
  }

  #start(iteration: number): Promise<Uint8Array> {
    let batch = this.#ahead.get(iteration);
    if (batch === undefined) {
      batch = this.#read(iteration);
      batch.catch(() => {}); // reported when, and only if, that batch is asked for
      this.#ahead.set(iteration, batch);
    }
    return batch;
  }

  /** Drops what was read ahead, when the caller jumps; waits, so that reads of two places do not run side by side. */
  async #forget(): Promise<void> {
    await Promise.allSettled(this.#ahead.values());
    this.#ahead.clear();
  }

  async #read(iteration: number): Promise<Uint8Array> {
    const { reader, batch, part = WHOLE, augment = [], seed } = this.#options;
    const { grid } = reader.source, voxels = voxelCount(grid);
    const labels = new Uint8Array(batch * voxels);
    await Promise.all(
      this.sceneIndices(iteration).map(async (index, position) => {
        const scene = await reader.read(index);
        const place = labels.subarray(position * voxels, (position + 1) * voxels);
        if (augment.length === 0) return place.set(scene);
        const transform = sceneTransform(augment, seed, iteration, part.index * batch + position);
        transformScene(scene, grid, transform, place);
      }),
    );
    return labels;
  }

  #order(epoch: number): Uint32Array {
    let order = this.#orders.get(epoch);
    if (order === undefined) {
      order = epochOrder(this.#indices.length, this.#options.seed, epoch);
      if (this.#orders.size >= 2) this.#orders.clear(); // a batch spans more than two epochs only in tiny data sets
      this.#orders.set(epoch, order);
    }
    return order;
  }

  /** Waits for reads that are under way and forgets all batches. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#forget();
    this.#orders.clear();
  }
}
