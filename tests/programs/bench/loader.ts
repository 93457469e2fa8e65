/** How fast scenes reach training: from memory, packs and loose files, on this thread and on others. */
import { join } from "@std/path";
import { FULL_GRID, voxelCount } from "../../../data/grid.ts";
import { SceneLoader } from "../../../data/scenes/loader.ts";
import { openScenes } from "../../../data/scenes/open.ts";
import { writePack } from "../../../data/formats/pack/pack.ts";
import { roomSource } from "../../../data/rooms/mod.ts";
import { SceneReader } from "../../../data/scenes/scene_reader.ts";
import type { SceneSource } from "../../../data/scenes/scene_source.ts";
import { writeScenes } from "../../../data/scenes/write_scenes.ts";

/** Scenes per second from one place. */
export interface LoaderRow {
  /** Where the scenes are, and what is done to them. */
  readonly name: string;
  /** Threads that read; 0 for the calling thread. */
  readonly threads: number;
  readonly scenesPerSecond: number;
}

/** What {@link benchLoader} measured. */
export interface LoaderBench {
  readonly rows: readonly LoaderRow[];
  /** Bytes of the scenes as uint8 `.npy` files over the bytes of the pack. */
  readonly ratio: number;
  /** Scenes packed per second. */
  readonly packedPerSecond: number;
}

const SCENES = 400, BATCH = 20, SECONDS = 2;
/** Header of an `.npy` file of one scene. */
const NPY_HEADER_BYTES = 128;

/** Measures with 400 procedural rooms of 80×48×80 in a temporary folder; nothing is kept in memory by the reader. */
export async function benchLoader(threads: number): Promise<LoaderBench> {
  const folder = await Deno.makeTempDir({ prefix: "fcr-bench-" });
  try {
    using rooms = roomSource({ seed: 0, grid: FULL_GRID, count: SCENES });
    await writeScenes(rooms, join(folder, "loose"));
    using loose = await openScenes(join(folder, "loose"));
    const started = performance.now();
    const { bytes } = await writePack(loose, join(folder, "rooms.pack"));
    const packedPerSecond = SCENES / ((performance.now() - started) / 1000);
    using pack = await openScenes(join(folder, "rooms.pack"));
    const rows: LoaderRow[] = [];
    rows.push(await measure("packed", pack, 0));
    rows.push(await measure("packed, all augmentations", pack, 0, true));
    for (const count of [0, threads]) rows.push(await measure("loose uint8 .npy", loose, count));
    for (const count of [0, threads]) rows.push(await measure("rooms made on the way", rooms, count));
    const ratio = SCENES * (voxelCount(FULL_GRID) + NPY_HEADER_BYTES) / bytes;
    return { rows, ratio, packedPerSecond };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measure(name: string, source: SceneSource, threads: number, varied = false): Promise<LoaderRow> {
  await using reader = new SceneReader({ source, threads, cacheBytes: 0 });
  const augment = varied ? ["flip-x", "flip-z", "rotate"] as const : [];
  await using loader = new SceneLoader({ reader, batch: BATCH, seed: 0, augment });
  for (let iteration = 0; iteration < 4; iteration++) await loader.batch(iteration);
  const started = performance.now();
  let iteration = 4;
  while (performance.now() - started < 1000 * SECONDS) await loader.batch(iteration++);
  const scenes = (iteration - 4) * BATCH;
  return { name, threads, scenesPerSecond: scenes / ((performance.now() - started) / 1000) };
}

/** The figures as text, a line each. */
export function loaderTable({ rows, ratio, packedPerSecond }: LoaderBench): string {
  const where = (threads: number) => threads === 0 ? "this thread" : `${threads} thread${threads > 1 ? "s" : ""}`;
  return [
    `pack: ${ratio.toFixed(0)} times smaller than uint8 .npy files, ${packedPerSecond.toFixed(0)} scenes/s to write`,
    ...rows.map(({ name, threads, scenesPerSecond }) =>
      `${name.padEnd(28)} ${where(threads).padEnd(12)} ${scenesPerSecond.toFixed(0).padStart(7)} scenes/s`
    ),
  ].join("\n");
}
