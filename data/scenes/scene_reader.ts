/** Reads scenes of a source: from memory where they were read before, on worker threads where that pays. */
import { UserError } from "../../base/errors.ts";
import { UNKNOWN_LABEL } from "../classes.ts";
import { fingerprint } from "./fingerprint.ts";
import type { SceneSource } from "./scene_source.ts";
import { SceneWorkers } from "./scene_workers.ts";

/** Options of a {@link SceneReader}. */
export interface SceneReaderOptions {
  /** Where the scenes are read from; stays with the caller, who disposes it after the reader. */
  readonly source: SceneSource;
  /** Most bytes of scenes kept in memory to be used again, default {@link SCENE_CACHE_BYTES}. */
  readonly cacheBytes?: number;
  /** Threads that read; 0, the default, reads on the calling thread. Sources without jobs are always read there. */
  readonly threads?: number;
  /** Whether to take the fingerprint of every scene read, default false. */
  readonly fingerprints?: boolean;
}

/** Bytes of scenes kept in memory unless told otherwise: 1,747 scenes of 80×48×80. */
export const SCENE_CACHE_BYTES: number = 512 * 2 ** 20;

/** Scenes by index. Several loaders may share one. */
export class SceneReader implements AsyncDisposable {
  /** Where the scenes are read from. */
  readonly source: SceneSource;
  readonly #workers: SceneWorkers | null;
  readonly #takesFingerprints: boolean;
  readonly #fingerprints = new Map<number, string>();
  readonly #cache = new Map<number, Uint8Array>();
  readonly #running = new Set<Promise<unknown>>();
  #cacheBytesLeft: number;
  #scenesRead = 0;

  /** Reads nothing yet; threads start with the first scene. */
  constructor({ source, cacheBytes = SCENE_CACHE_BYTES, threads = 0, fingerprints = false }: SceneReaderOptions) {
    this.source = source;
    this.#cacheBytesLeft = cacheBytes;
    this.#workers = threads > 0 && source.job ? new SceneWorkers(threads) : null;
    this.#takesFingerprints = fingerprints;
  }

  /** Whether scenes are read on other threads. */
  get readsAhead(): boolean {
    return this.#workers !== null;
  }

  /** How many scenes were read from the source since the reader was made; scenes from memory do not count. */
  get scenesRead(): number {
    return this.#scenesRead;
  }

  /** Fingerprint of a scene that was read, if fingerprints are taken. */
  fingerprint(index: number): string | undefined {
    return this.source.fingerprint?.(index) ?? this.#fingerprints.get(index);
  }

  /**
   * Labels `[D, H, W]` of a scene, not to be changed. What fits into memory is kept for good: every epoch uses every
   * scene once, so evicting the least recently used one would evict just the scenes that come next.
   *
   * @throws {UserError} if the scene cannot be read, or nothing of it is known.
   */
  async read(index: number): Promise<Uint8Array> {
    const cached = this.#cache.get(index);
    if (cached !== undefined) return cached;
    const reading = this.#read(index);
    this.#running.add(reading);
    try {
      const labels = await reading;
      if (labels.every((label) => label === UNKNOWN_LABEL)) {
        throw new UserError(
          `${this.source.sceneIds[index]}, one of ${this.source.description}: every voxel is unknown (label ` +
            `${UNKNOWN_LABEL}), so there is nothing to learn from it; leave this scene out`,
        );
      }
      this.#scenesRead++;
      if (labels.length <= this.#cacheBytesLeft && !this.#cache.has(index)) {
        this.#cache.set(index, labels);
        this.#cacheBytesLeft -= labels.length;
      }
      return labels;
    } finally {
      this.#running.delete(reading);
    }
  }

  async #read(index: number): Promise<Uint8Array> {
    const { source } = this;
    const wanted = this.#takesFingerprints && this.fingerprint(index) === undefined;
    if (this.#workers && source.job) {
      const scene = await this.#workers.read(source.job(index), wanted ? source.grid : null);
      if (scene.fingerprint !== null) this.#fingerprints.set(index, scene.fingerprint);
      return scene.labels;
    }
    const labels = await source.read(index);
    if (wanted) this.#fingerprints.set(index, fingerprint(labels, source.grid));
    return labels;
  }

  /** Ends the threads, waits for reads that are under way, and forgets all scenes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#workers?.[Symbol.dispose]();
    await Promise.allSettled(this.#running);
    this.#cache.clear();
  }
}
