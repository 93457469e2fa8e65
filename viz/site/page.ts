/// <reference lib="dom" />
/** The page of a static site: what a server would answer comes from a worker. Imported before the page starts. */
import type { ClassSet } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import { answerBy, type Source, type Volume } from "../viewer/page/client.ts";
import type { EngineWish, FromWorker, Questions, ToWorker } from "./messages.ts";
import { MODEL_FILE, type SiteModel } from "./site_files.ts";

/** Who waits for an answer. */
interface Asker {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  onPart?(part: unknown): void;
}

/** Asks a worker. */
class WorkerLine {
  readonly #worker = new Worker("worker.js", { type: "module", name: "model" });
  readonly #askers = new Map<number, Asker>();
  #asked = 0;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#take(data);
    this.#worker.onerror = ({ message }) => {
      for (const { reject } of this.#askers.values()) reject(new Error(`The page's worker has failed: ${message}`));
      this.#askers.clear();
    };
  }

  ask<Name extends keyof Questions>(
    ask: Name,
    question: Questions[Name][0],
    { signal, onPart }: { readonly signal?: AbortSignal; readonly onPart?: (part: unknown) => void } = {},
  ): Promise<Questions[Name][1]> {
    const id = this.#asked++;
    return new Promise<unknown>((resolve, reject) => {
      this.#askers.set(id, { resolve, reject, onPart });
      signal?.addEventListener("abort", () => {
        if (!this.#askers.delete(id)) return;
        this.#send({ id, ask: "nothing" });
        reject(signal.reason);
      });
      this.#send({ id, ask, question } as ToWorker);
    }) as Promise<Questions[Name][1]>;
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromWorker): void {
    const asker = this.#askers.get(message.id);
    if (!asker) return;
    if ("part" in message) return asker.onPart?.(message.part);
    this.#askers.delete(message.id);
    if ("error" in message) asker.reject(new Error(message.error));
    else asker.resolve(message.answer);
  }
}

const line = new WorkerLine();
const model: Promise<SiteModel> = fetch(MODEL_FILE).then((response) => {
  if (!response.ok) throw new Error(`${MODEL_FILE} cannot be fetched: ${response.status} ${response.statusText}`);
  return response.json();
});
model.catch(() => {}); // is told by who asks

/** What `?engine=` in the address asks to compute on. */
function engineWish(): EngineWish {
  const wish = new URLSearchParams(location.search).get("engine");
  return wish === "webgpu" || wish === "wasm" ? wish : "auto";
}

function volumesOf(scenes: readonly Uint8Array[], grid: Grid, classes: ClassSet): Volume[] {
  return scenes.map((labels) => ({ labels, grid, classes }));
}

const site: Source = {
  served: false,
  async catalogue() {
    if (!("DisposableStack" in globalThis)) {
      throw new Error("This browser is too old to make rooms; Chromium 134, Firefox 141 and newer ones can.");
    }
    const { title } = await model, run = { path: "", title, losses: false, checkpoint: true };
    return { folder: title, runs: [run], sequences: [], problems: [], truncated: false, generates: true };
  },
  newestStep: async () => (await model).step,
  model: (_, onShare) => line.ask("model", { engine: engineWish() }, { onPart: (share) => onShare?.(share as number) }),
  noise: (_, seed) => line.ask("noise", { seed }),
  async room(_, numbers, wish, { refine, signal, onPlain }) {
    const { config: { grid }, classes } = await model;
    const onPart = (scenes: unknown) => onPlain?.(volumesOf(scenes as Uint8Array[], grid, classes));
    return volumesOf(await line.ask("room", { numbers, wish, refine }, { signal, onPart }), grid, classes);
  },
  async exported({ labels, grid, classes }, format) {
    const script = new URL("export.js", document.baseURI).href; // fetched when it is used
    const { encodeVolume }: typeof import("../export/volume.ts") = await import(script);
    return new Blob([await encodeVolume(labels, grid, format, undefined, classes)]);
  },
  proposals: (_, { labels }, edit, count, sampler, signal) =>
    line.ask("proposals", { labels, edit, count, sampler }, { signal }),
};

answerBy(site);
