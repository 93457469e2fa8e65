/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What the page asks: a server, or on a static site a thread of its own. */
import { type ClassSet, PAPER_CLASSES } from "../../../data/classes.ts";
import { type Grid, voxelCount } from "../../../data/grid.ts";
import type { GivenScene } from "../../../data/scenes/growth.ts";
import type { ExportFormat } from "../../export/formats.ts";
import type { EditRequest, ProjectRun } from "../../../run/project.ts";
import type { Catalogue, ModelInfo, RoomWish, SceneHeader, TrainingCurves, TrainingStatus } from "../catalogue.ts";
import type { Scene } from "./edit_history.ts";

/** Labels `[D, H, W]` and their grid. */
export interface Volume {
  readonly labels: Uint8Array;
  readonly grid: Grid;
  /** What the labels stand for. */
  readonly classes: ClassSet;
}

/** Volumes kept for going back and forth and for playing, least recently used first. */
const kept = new Map<string, Promise<Volume>>();
const MOST_KEPT = 120;

type Query = Record<string, string | number | readonly string[]>;

async function ask(path: string, query: Query = {}, init?: RequestInit): Promise<Response> {
  const pairs = Object.entries(query).flatMap(([key, value]) => [value].flat().map((each) => [key, String(each)]));
  const parameters = new URLSearchParams(pairs);
  let response: Response;
  try {
    response = await fetch(`/api/${path}?${parameters}`, init);
  } catch {
    throw new Error("The viewer's server does not answer. Is `deno task viz serve` still running?");
  }
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({ error: response.statusText })) as { error: string };
  throw new Error(error);
}

function gridOf(response: Response): Grid {
  return response.headers.get("x-grid")!.split(",").map(Number) as unknown as Grid;
}

function classesOf(response: Response): ClassSet {
  const text = response.headers.get("x-classes");
  return text === null ? PAPER_CLASSES : JSON.parse(decodeURIComponent(text));
}

/** How a room is asked for. */
export interface RoomOptions {
  /** Whether it is wanted refined, if there is a refiner. */
  readonly refine: boolean;
  /** Aborted when nobody wants the room any more; a server may answer nevertheless. */
  readonly signal?: AbortSignal;
  /** Given the generator's room, where that is there before the refined one. */
  readonly onPlain?: (rooms: readonly Volume[]) => void;
}

/** Who answers questions about networks. */
export interface Source {
  /** Whether there is a server, which loads projects and lets scenes go on beyond their borders. */
  readonly served: boolean;
  /** What there is to see. */
  catalogue(): Promise<Catalogue>;
  /** Step of a run's newest checkpoint. */
  newestStep(run: string): Promise<number>;
  /** Opens a run's networks, at its newest checkpoint; tells what share of the weights is there. */
  model(run: string, onShare?: (share: number) => void): Promise<ModelInfo>;
  /** The noise that the new room of a seed is made from. */
  noise(run: string, seed: number): Promise<Float32Array<ArrayBuffer>>;
  /** The room of a code, or of noise that a wish is given with: as generated and, if there is one, as refined. */
  room(
    run: string,
    numbers: Float32Array<ArrayBuffer>,
    wish: RoomWish | null,
    options: RoomOptions,
  ): Promise<readonly Volume[]>;
  /** A volume as a file of another program. */
  exported(volume: Volume, format: ExportFormat): Promise<Blob>;
  /** Proposals for an edit of a scene. */
  proposals(
    run: string,
    scene: GivenScene,
    edit: EditRequest,
    count: number,
    sampler: ProjectRun["sampler"],
    signal?: AbortSignal,
  ): Promise<readonly Scene[]>;
}

const server: Source = {
  served: true,
  catalogue: async () => await (await ask("catalogue")).json(),
  newestStep: async (run) => (await (await ask("checkpoint", { run })).json()).step,
  model: async (run) => await (await ask("model", { run })).json(),
  noise: async (run, seed) => new Float32Array(await (await ask("noise", { run, seed })).arrayBuffer()),
  async room(run, numbers, wish, { refine }) {
    const made = wish ? { from: "noise", ...wish, type: wish.type ?? [] } : {};
    const query = { run, refine: refine ? "yes" : "no", ...made };
    const response = await ask("decode", query, { method: "POST", body: numbers });
    const grid = gridOf(response), classes = classesOf(response);
    const all = new Uint8Array(await response.arrayBuffer()), voxels = voxelCount(grid);
    return Array.from({ length: all.length / voxels }, (_, i) => ({
      ...{ grid, classes },
      labels: all.subarray(i * voxels, (i + 1) * voxels),
    }));
  },
  async exported({ labels, grid, classes }, format) {
    const headers = { "x-classes": encodeURIComponent(JSON.stringify(classes)) };
    const query = { format, grid: grid.join() };
    return await (await ask("export", query, { method: "POST", body: labels.slice(), headers })).blob();
  },
  async proposals(run, { labels, grid }, edit, count, sampler) {
    const query = { run, grid: grid.join(), edit: JSON.stringify(edit), count, sampler: JSON.stringify(sampler) };
    return await editedScenes(await ask("edit", query, { method: "POST", body: labels.slice() }));
  },
};

/** Who answers the page's questions. */
export let source = server;

/** Has someone else than a server answer, before the page starts. */
export function answerBy(other: Source): void {
  source = other;
}

/** One volume; the last ones are kept. */
export function askVolume(path: string, index: number): Promise<Volume> {
  const key = `${index} ${path}`;
  const volume = kept.get(key) ?? fetchVolume(path, index);
  kept.delete(key);
  kept.set(key, volume);
  volume.catch(() => kept.delete(key));
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  return volume;
}

/** Forgets kept volumes, as their files may have changed. */
export function forgetVolumes(): void {
  kept.clear();
}

async function fetchVolume(path: string, index: number): Promise<Volume> {
  const response = await ask("volume", { path, index });
  return { labels: new Uint8Array(await response.arrayBuffer()), grid: gridOf(response), classes: classesOf(response) };
}

/** How far a training is. */
export async function askTraining(run: string): Promise<TrainingStatus> {
  return await (await ask("training", { run })).json();
}

/** Learning curves of runs over each other; `smoothing` in hundredths. */
export async function askCurves(runs: readonly string[], width: number, smoothing: number): Promise<TrainingCurves> {
  return await (await ask("curves", { run: runs, width: Math.round(width), smoothing })).json();
}

/** The code of a scene. */
export async function askEncoding(run: string, path: string, index: number): Promise<Float32Array<ArrayBuffer>> {
  return new Float32Array(await (await ask("encode", { run, path, index })).arrayBuffer());
}

/** The scenes of a project: at its beginning and after each edit. */
export async function askReplay(run: string, project: string): Promise<Scene[]> {
  return await editedScenes(await ask("replay", { run }, { method: "POST", body: project }));
}

/** The scenes in an answer, one behind the other. */
async function editedScenes(response: Response): Promise<Scene[]> {
  const all = new Uint8Array(await response.arrayBuffer());
  let at = 0;
  return (JSON.parse(response.headers.get("x-scenes")!) as SceneHeader[]).map(({ grid, result }) => ({
    ...{ grid, result },
    labels: all.subarray(at, at += voxelCount(grid)),
  }));
}
