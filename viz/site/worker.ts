/// <reference lib="webworker" />
/** The page's own thread for a model: answers what a server would, one question after the other. */
import { UserError } from "../../base/errors.ts";
import { decodeSafetensors } from "../../data/formats/safetensors.ts";
import { laterFingerprint } from "../../data/scenes/later_fingerprint.ts";
import { selectedVoxels } from "../../data/scenes/selection.ts";
import { Rooms } from "../../eval/rooms.ts";
import { latentGrid } from "../../nn/models/config.ts";
import { awaited, type AwaitedEngine, type Work } from "../../nn/work.ts";
import { widened } from "../../run/half_weights.ts";
import type { ModelInfo } from "../viewer/catalogue.ts";
import type { Scene } from "../viewer/page/edit_history.ts";
import type { EngineWish, FromWorker, Questions, ToWorker } from "./messages.ts";
import { MODEL_FILE, type SiteModel, WEIGHTS_FILE } from "./site_files.ts";

/** An open model. */
interface Open {
  readonly file: SiteModel;
  readonly engine: AwaitedEngine;
  readonly rooms: Rooms;
}

/** Gives a part of an answer ahead. */
type Tell = (part: unknown) => void;

let open: Open | null = null;
/** Questions that nobody wants to be answered any more. */
const left = new Set<number>();

/** An answer is not wanted any more. */
class Left extends Error {}

/** Does work for question `id`. @throws {Left} as soon as that is left */
function done<T>(id: number, { engine }: Open, work: Work<T>): Promise<T> {
  return awaited(work, async (wanted) => {
    await engine.fetch(wanted);
    if (left.has(id)) throw new Left();
  });
}

async function answer(message: Exclude<ToWorker, { readonly ask: "nothing" }>, tell: Tell): Promise<unknown> {
  const { id } = message;
  if (message.ask === "model") {
    open ??= await openModel(message.question.engine, tell);
    return infoOf(open);
  }
  if (!open) throw new UserError("the model is not open");
  const { rooms } = open;
  switch (message.ask) {
    case "noise":
      return rooms.sampleNoise(1, message.question.seed);
    case "room":
      return await done(id, open, roomOf(rooms, message.question, tell));
    case "proposals": {
      const { labels, edit: { selection, condition, seed }, count, sampler } = message.question;
      if ("beyond" in selection) throw new UserError("this page has no server, which would make what lies beyond");
      const mask = selectedVoxels(selection, labels, rooms.config.grid);
      return await scenesOf(open, await done(id, open, rooms.edit(labels, mask, condition, count, seed, sampler)));
    }
  }
}

/** The room as generated is told while the refiner, ten times as slow, is at work. */
function* roomOf(
  rooms: Rooms,
  { numbers, wish, refine }: Questions["room"][0],
  tell: Tell,
): Work<Questions["room"][1]> {
  const code = wish ? yield* rooms.codesOf(numbers, 1, wish) : numbers;
  const plain = yield* rooms.labelsOf(code, 1);
  if (!refine || !rooms.refines) return [plain];
  tell([plain]);
  return [plain, yield* rooms.labelsOf(code, 1, true)];
}

async function scenesOf({ rooms }: Open, all: Uint8Array<ArrayBuffer>): Promise<Scene[]> {
  const { voxels, config: { grid } } = rooms;
  return await Promise.all(Array.from({ length: all.length / voxels }, async (_, i) => {
    const labels = all.slice(i * voxels, (i + 1) * voxels);
    return { labels, grid, result: await laterFingerprint(labels, grid) };
  }));
}

function infoOf({ file, engine, rooms }: Open): ModelInfo {
  const { config: { grid, latentChannels }, classes, step, checksum, labels, sampler } = file;
  return {
    ...{ grid, latentGrid: latentGrid(file.config), latentChannels, classes, step, refines: rooms.refines },
    types: rooms.priors ? labels : null,
    editor: rooms.priors ? { checksum, step, engine: engine.backend.name, sampler } : null,
    engine: engine.backend.name,
  };
}

/** Fetches a model and opens it; tells how much of the weights is there, from 0 to 1. */
async function openModel(wish: EngineWish, tell: Tell): Promise<Open> {
  const [file, bytes, engine] = await Promise.all([
    fetched(MODEL_FILE).then((response) => response.json() as Promise<SiteModel>),
    fetched(WEIGHTS_FILE).then((response) => bytesOf(response, tell)),
    openEngine(wish),
  ]);
  const tensors = new Map([...decodeSafetensors(bytes, WEIGHTS_FILE).tensors].map(([name, tensor]) => {
    return [name, widened(tensor)] as const;
  }));
  const { title: root, config, statistics, mirrored, labels, classes } = file;
  const facts = { root, config, statistics, mirrored, labels, classNames: classes.names };
  return { file, engine, rooms: Rooms.open(engine.backend, facts, tensors, WEIGHTS_FILE) };
}

async function fetched(name: string): Promise<Response> {
  const response = await fetch(new URL(`./${name}`, import.meta.url));
  if (response.ok) return response;
  throw new UserError(`${name} cannot be fetched: ${response.status} ${response.statusText}`);
}

async function bytesOf(response: Response, tell: Tell): Promise<Uint8Array<ArrayBuffer>> {
  const total = Number(response.headers.get("content-length")), chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (const reader = response.body!.getReader();;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    tell(total > 0 ? Math.min(1, (length += value.length) / total) : 0);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** WebGPU on a graphics processor where there is one, else WebAssembly. @throws {UserError} if what is wished is not there */
async function openEngine(wish: EngineWish): Promise<AwaitedEngine> {
  if (wish !== "wasm" && "gpu" in navigator) {
    const { open }: typeof import("./engines/webgpu.ts") = await import(fileBeside("webgpu.js"));
    const engine = await open(wish === "webgpu").catch((error) => {
      if (wish === "webgpu") throw error;
      return null;
    });
    if (engine) return engine;
  }
  if (wish === "webgpu") throw new UserError("this browser has no WebGPU adapter; leave engine=webgpu out");
  const { open }: typeof import("./engines/wasm.ts") = await import(fileBeside("wasm.js"));
  return await open();
}

/** Address of a script beside this one, which bundlers must not follow. */
function fileBeside(name: string): string {
  return new URL(name, import.meta.url).href;
}

function say(message: FromWorker): void {
  self.postMessage(message);
}

let tail = Promise.resolve();
self.onmessage = ({ data: message }: MessageEvent<ToWorker>) => {
  const { id } = message;
  if (message.ask === "nothing") return void left.add(id);
  tail = tail.then(async () => {
    try {
      if (left.has(id)) return;
      say({ id, answer: await answer(message, (part) => say({ id, part })) });
    } catch (error) {
      if (!(error instanceof Left)) say({ id, error: error instanceof Error ? error.message : String(error) });
    } finally {
      left.delete(id);
    }
  });
};
