import type { SceneAnswer, SceneJob } from "./ap_worker.ts";
import { CLASS_COUNT } from "../../data/classes.ts";

/** Average precision over a set of scenes: an entry per class, and a last one that flattens all but empty. */
export interface AveragePrecisionTable {
  /** The published "mAP": sum over the scenes where the class occurs, divided by the number of ALL scenes. */
  readonly apReference: Float64Array;
  /** The same sum divided by the number of scenes where the class occurs; NaN where it never does. */
  readonly apPresent: Float64Array;
  /** Scenes in which the class occurs. */
  readonly sceneCount: Int32Array;
  /** All scenes. */
  readonly scenes: number;
  /** The average precisions of each scene, an entry each; NaN where the class does not occur. */
  readonly byScene: readonly Float64Array[];
}

interface Slot {
  readonly worker: Worker;
  /** Memory that the worker sees too, for the scene it works on: labels, then scores on the next multiple of four. */
  memory: SharedArrayBuffer;
  /** Settles when the worker has answered its last scene; never rejects. */
  idle: Promise<void>;
}

/**
 * Average precision of scenes that arrive one by one, computed exactly on worker threads
 * (`sceneAveragePrecision`). The result does not depend on the number of threads.
 *
 * Holds about 50 MiB per thread for scenes of 80×48×80. Dispose it to end the threads.
 */
export class AveragePrecisionMeter implements AsyncDisposable {
  readonly #slots: Slot[] = [];
  readonly #scenes: Promise<Float64Array>[] = [];
  #next: Promise<unknown> = Promise.resolve();

  /**
   * @param threads how many workers to start (at least one starts).
   * @param classCount number of classes, with empty.
   */
  constructor(threads: number, readonly classCount: number = CLASS_COUNT) {
    for (let i = 0; i < Math.max(1, threads); i++) {
      const worker = new Worker(new URL("./ap_worker.ts", import.meta.url), { type: "module" });
      this.#slots.push({ worker, memory: new SharedArrayBuffer(0), idle: Promise.resolve() });
    }
  }

  /**
   * Adds a scene: true labels `[D·H·W]` and probabilities `[D·H·W, classes]`. Both are copied; the promise resolves when
   * a thread has taken them, so that a caller that waits never has more scenes in flight than there are threads.
   */
  add(labels: Uint8Array, scores: Float32Array): Promise<void> {
    const taken = this.#next.then(async () => {
      const slot = await Promise.any(this.#slots.map(async (each) => (await each.idle, each)));
      const answer = ask(slot, labels, scores, this.classCount);
      slot.idle = answer.then(() => {}, () => {});
      this.#scenes.push(answer);
    });
    this.#next = taken;
    return taken;
  }

  /** The table of all scenes added. @throws {RangeError} if a scene had scores or labels that are none. */
  async finish(): Promise<AveragePrecisionTable> {
    await this.#next;
    const scenes = await Promise.all(this.#scenes);
    const sum = new Float64Array(this.classCount + 1), sceneCount = new Int32Array(this.classCount + 1);
    for (const precisions of scenes) {
      precisions.forEach((precision, entry) => {
        if (Number.isNaN(precision)) return;
        sum[entry] += precision;
        sceneCount[entry]++;
      });
    }
    return {
      apReference: sum.map((each) => each / scenes.length),
      apPresent: sum.map((each, entry) => each / sceneCount[entry]),
      sceneCount,
      scenes: scenes.length,
      byScene: scenes,
    };
  }

  /** Waits for scenes under way and ends the threads. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#slots.map(({ idle }) => idle));
    for (const { worker } of this.#slots) worker.terminate();
    this.#slots.length = 0;
  }
}

/** Copies a scene to the memory of an idle worker and waits for its answer. */
function ask(slot: Slot, labels: Uint8Array, scores: Float32Array, classCount: number): Promise<Float64Array> {
  const { worker } = slot, scoresAt = Math.ceil(labels.length / 4) * 4, bytes = scoresAt + scores.byteLength;
  if (slot.memory.byteLength < bytes) slot.memory = new SharedArrayBuffer(bytes);
  const job: SceneJob = {
    labels: new Uint8Array(slot.memory, 0, labels.length),
    scores: new Float32Array(slot.memory, scoresAt, scores.length),
    classCount,
  };
  job.labels.set(labels);
  job.scores.set(scores);
  const { promise, resolve, reject } = Promise.withResolvers<Float64Array>();
  worker.onmessage = ({ data }: MessageEvent<SceneAnswer>) =>
    "precisions" in data ? resolve(data.precisions) : reject(new RangeError(data.error));
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`measuring average precision failed: ${event.message}`));
  };
  worker.postMessage(job);
  return promise;
}
