/** Threads that read scenes, so that reading and training go on at the same time. */
import { UserError } from "../../base/errors.ts";
import type { Grid } from "../grid.ts";
import type { SceneJob } from "./scene_source.ts";
import type { SceneAnswer, SceneRequest } from "./scene_worker.ts";

/** A scene that was read. */
export interface ReadScene {
  /** Labels `[D, H, W]`. */
  readonly labels: Uint8Array;
  /** Fingerprint (fingerprint.ts), if it was asked for. */
  readonly fingerprint: string | null;
}

interface Waiting {
  readonly resolve: (scene: ReadScene) => void;
  readonly reject: (error: Error) => void;
}

interface Lane {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/** Workers that read scenes. They start with the first scene and end when this is disposed. */
export class SceneWorkers implements Disposable {
  readonly #count: number;
  readonly #lanes: Lane[] = [];
  #next = 0;
  #closed = false;

  /** `count`: how many threads, at least one. */
  constructor(count: number) {
    this.#count = count;
  }

  /**
   * Has a worker read a scene: the one with the fewest under way.
   *
   * @param fingerprintGrid size of the scene if its fingerprint is wanted, else null.
   * @throws {UserError} if the scene cannot be read. @throws {Error} if the workers were ended.
   */
  read(job: SceneJob, fingerprintGrid: Grid | null): Promise<ReadScene> {
    if (this.#closed) return Promise.reject(new Error("the workers were ended"));
    if (this.#lanes.length === 0) { for (let i = 0; i < this.#count; i++) this.#lanes.push(startLane()); }
    const lane = this.#lanes.reduce((best, each) => each.waiting.size < best.waiting.size ? each : best);
    const id = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<ReadScene>();
    lane.waiting.set(id, { resolve, reject });
    lane.worker.postMessage({ id, job, fingerprintGrid } satisfies SceneRequest);
    return promise;
  }

  /** Ends the workers; reads under way fail. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const lane of this.#lanes) {
      lane.worker.terminate();
      failAll(lane, new Error("the workers were ended"));
    }
    this.#lanes.length = 0;
  }
}

function startLane(): Lane {
  const worker = new Worker(new URL("./scene_worker.ts", import.meta.url), { type: "module" });
  const lane: Lane = { worker, waiting: new Map() };
  worker.onmessage = ({ data }: MessageEvent<SceneAnswer>) => {
    const waiting = lane.waiting.get(data.id);
    lane.waiting.delete(data.id);
    if (!("error" in data)) waiting?.resolve(data);
    else waiting?.reject(data.forUser ? new UserError(data.error) : new Error(data.error));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    failAll(lane, new Error(`a thread that reads scenes failed: ${event.message}`));
  };
  return lane;
}

function failAll(lane: Lane, error: Error): void {
  for (const { reject } of lane.waiting.values()) reject(error);
  lane.waiting.clear();
}
