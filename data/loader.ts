/** Batches of scenes for training. */
import { voxelCount } from "./grid.ts";
import type { SceneSource } from "./scene_source.ts";
import { epochOrder } from "./shuffle.ts";

/** Options of a {@link SceneLoader}. */
export interface SceneLoaderOptions {
  /** Where the scenes are read from; stays with the caller, who disposes it after the loader. */
  readonly source: SceneSource;
  /** Indices of the scenes to use, e.g. the train side of a manifest; all if left out. */
  readonly indices?: readonly number[];
  /** Scenes per batch. */
  readonly batch: number;
  /** Seed of the order of the scenes. */
  readonly seed: number;
  /** Most bytes of scenes kept in memory to be used again, default 512 MiB. */
  readonly cacheBytes?: number;
}

const DEFAULT_CACHE_BYTES = 512 * 2 ** 20;

/**
 * Gives the batch of any iteration. The scenes form one endless sequence, epoch after epoch, each epoch in its own
 * order with every scene once; batch i holds its positions i·batch .. (i+1)·batch − 1, across the ends of epochs. So a
 * batch depends on the options and the iteration alone, and a resumed run goes on with exactly the scenes it would
 * have seen. While the caller computes, the next batch is read.
 */
export class SceneLoader implements AsyncDisposable {
  readonly #options: SceneLoaderOptions;
  readonly #indices: readonly number[];
  readonly #orders = new Map<number, Uint32Array>();
  readonly #cache = new Map<number, Uint8Array>();
  #cacheBytesLeft: number;
  #next: { readonly iteration: number; readonly labels: Promise<Uint8Array> } | undefined;

  /** Reads nothing yet. @throws {RangeError} if there are no scenes or the batch is not a positive whole number. */
  constructor(options: SceneLoaderOptions) {
    this.#options = options;
    this.#indices = options.indices ?? options.source.sceneIds.map((_, index) => index);
    this.#cacheBytesLeft = options.cacheBytes ?? DEFAULT_CACHE_BYTES;
    if (this.#indices.length === 0) throw new RangeError("a loader needs at least one scene");
    if (!Number.isSafeInteger(options.batch) || options.batch < 1) {
      throw new RangeError(`batch ${options.batch}: expected a positive whole number`);
    }
  }

  /** Indices in the source of the scenes of a batch. */
  sceneIndices(iteration: number): number[] {
    const count = this.#indices.length;
    return Array.from({ length: this.#options.batch }, (_, i) => {
      const position = iteration * this.#options.batch + i;
      return this.#indices[this.#order(Math.floor(position / count))[position % count]];
    });
  }

  /**
   * Labels 0..11 of the batch of an iteration (0, 1, 2, …), `[batch, D, H, W]`; the caller may keep and change them.
   *
   * @throws {UserError} if a scene cannot be read.
   */
  async batch(iteration: number): Promise<Uint8Array> {
    if (this.#next?.iteration !== iteration) {
      await this.#next?.labels.catch(() => {}); // one read at a time, also when the caller jumps
      this.#next = { iteration, labels: this.#read(iteration) };
    }
    const labels = await this.#next.labels;
    const next = this.#read(iteration + 1);
    next.catch(() => {}); // reported when, and only if, that batch is asked for
    this.#next = { iteration: iteration + 1, labels: next };
    return labels;
  }

  async #read(iteration: number): Promise<Uint8Array> {
    const { source, batch } = this.#options;
    const voxels = voxelCount(source.grid);
    const labels = new Uint8Array(batch * voxels);
    for (const [i, index] of this.sceneIndices(iteration).entries()) labels.set(await this.#scene(index), i * voxels);
    return labels;
  }

  /**
   * A scene from memory or the source. What fits is kept for good: every epoch uses every scene once, so evicting the
   * least recently used one would evict just the scenes that come next.
   */
  async #scene(index: number): Promise<Uint8Array> {
    const cached = this.#cache.get(index);
    if (cached !== undefined) return cached;
    const labels = await this.#options.source.read(index);
    if (labels.length <= this.#cacheBytesLeft && !this.#cache.has(index)) {
      this.#cache.set(index, labels);
      this.#cacheBytesLeft -= labels.length;
    }
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

  /** Waits for a read that is under way and forgets all scenes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#next?.labels.catch(() => {});
    this.#next = undefined;
    this.#cache.clear();
    this.#orders.clear();
  }
}
