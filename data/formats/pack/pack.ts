/** Packs of scenes: one file, or a folder of them, that train as fast as memory and take a small part of the disk. */
import { crc32 } from "node:zlib";
import { basename, join, resolve } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { writeFileAtomic } from "../../../base/files.ts";
import { counted } from "../../../base/text.ts";
import { classListOf, isPublished } from "../../class_file.ts";
import { describeClasses, PAPER_CLASSES, sameClasses } from "../../classes.ts";
import { type FileTree, findFiles, hashFiles } from "../../scenes/file_tree.ts";
import { fingerprint } from "../../scenes/fingerprint.ts";
import { formatGrid, voxelCount } from "../../grid.ts";
import { packLabels } from "./pack_codec.ts";
import { PackFile } from "./pack_file.ts";
import { type PackDescription, packEnd, type PackEntry, packHeader } from "./pack_format.ts";
import { checkSceneIndex, describeScene } from "../../scenes/report.ts";
import type { LabelOptions, SceneKind } from "../../scenes/scene_kind.ts";
import type { SceneProvenance, SceneSource } from "../../scenes/scene_source.ts";
import { checkEmptyFolder } from "../../scenes/write_scenes.ts";

/** Ending of packs, with the dot. */
export const PACK_ENDING = ".pack";

/** `.pack` files. They are read faster than a message is sent, so they give threads no jobs. */
export const PACK_KIND: SceneKind = {
  endings: [PACK_ENDING],
  data: [{ name: "packs of any of these", from: "deno task data pack", licence: "that of the scenes" }],
  knowsClasses: true,
  open: (tree, options) => ofClasses(packsOf(tree), tree.root, options),
  inspect: inspectPack,
};
/** Scenes in a file of a folder of packs unless told otherwise. */
export const PACK_SHARD_SCENES = 20_000;

/** Options of {@link writePack}. */
export interface WritePackOptions {
  /** Scenes in a file, if `out` is a folder; default {@link PACK_SHARD_SCENES}. */
  readonly shardScenes?: number;
  /** Write over a file, or into a folder that is not empty. */
  readonly force?: boolean;
  /** Which of several processes this is that pack the same scenes together, each its part of the files. */
  readonly part?: PackPart;
  /** Told how many scenes of how many are packed. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One of several equal workers. */
export interface PackPart {
  /** Which of them, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
}

/** What {@link writePack} wrote. */
export interface WrittenPack {
  /** Paths of the files. */
  readonly files: readonly string[];
  /** Scenes in them. */
  readonly scenes: number;
  /** Length of the files. */
  readonly bytes: number;
  /** Bytes of the labels, one per voxel, that they hold. */
  readonly labelBytes: number;
}

/**
 * Packs all scenes of a source into `out` if that ends in `.pack`, else into files `scenes-00000.pack`, … in the folder
 * `out`. Each file appears whole or not at all.
 *
 * @throws {UserError} if `out` exists (without `force`) or cannot be written, or a scene cannot be read.
 */
export async function writePack(
  source: SceneSource,
  out: string,
  options: WritePackOptions = {},
): Promise<WrittenPack> {
  const { shardScenes = PACK_SHARD_SCENES, force = false, part = { rank: 0, size: 1 }, onProgress } = options;
  const total = source.sceneIds.length, single = out.toLowerCase().endsWith(PACK_ENDING);
  if (single && part.size > 1) {
    throw new UserError(`${out}: ${part.size} processes write a file each, and more; name a folder, not one file`);
  }
  const perFile = single ? total : shardScenes;
  const paths = Array.from(
    { length: Math.ceil(total / perFile) },
    (_, i) => single ? out : join(out, `scenes-${String(i).padStart(5, "0")}${PACK_ENDING}`),
  ).filter((_, i) => i % part.size === part.rank);
  if (!force) {
    // The others of several processes may have begun.
    if (single || part.size > 1) await Promise.all(paths.map(checkMissing));
    else await checkEmptyFolder(out);
  }
  const provenance = await source.provenance();
  const description: PackDescription = {
    grid: source.grid,
    ...(source.classes && !isPublished(source.classes) && { classes: classListOf(source.classes) }),
    provenance,
  };
  const ids = source.sceneIds.map(packedName);
  if (new Set(ids).size < total) {
    throw new UserError(`${source.description}: two scenes have the same name; pack them apart`);
  }
  let bytes = 0, scenes = 0;
  for (const [index, path] of paths.entries()) {
    checkNotSource(path, provenance);
    const start = (index * part.size + part.rank) * perFile, end = Math.min(start + perFile, total);
    const before = scenes;
    bytes += await writeShard(
      path,
      source,
      ids.slice(start, end),
      start,
      description,
      (done) => onProgress?.(before + done, total),
    );
    scenes += end - start;
  }
  return { files: paths, bytes, scenes, labelBytes: scenes * source.grid[0] * source.grid[1] * source.grid[2] };
}

async function writeShard(
  path: string,
  source: SceneSource,
  ids: readonly string[],
  start: number,
  description: PackDescription,
  onProgress: (done: number) => void,
): Promise<number> {
  let bytes = 0, problem: unknown;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const entries: PackEntry[] = [], header = packHeader();
    bytes += header.length;
    yield header;
    for (const [position, id] of ids.entries()) {
      const index = start + position;
      const labels = await source.read(index).catch((error) => {
        problem = error; // not a failure of the file that is written: thrown again below as it is
        throw error;
      });
      const packed = packLabels(labels, source.grid);
      entries.push({
        id,
        bytes: packed.length,
        checksum: crc32(packed),
        fingerprint: fingerprint(labels, source.grid),
      });
      bytes += packed.length;
      yield packed;
      onProgress(position + 1);
    }
    const last = packEnd(description, entries);
    bytes += last.length;
    yield last;
  }
  try {
    await writeFileAtomic(path, chunks());
  } catch (error) {
    throw problem ?? error;
  }
  return bytes;
}

/** A name as a pack can hold it: UTF-8, in which a zero byte ends each name. */
function packedName(id: string): string {
  return id.toWellFormed().replaceAll("\0", "\ufffd");
}

async function checkMissing(path: string): Promise<void> {
  const exists = await Deno.stat(path).then(() => true, () => false);
  if (exists) throw new UserError(`${path} exists; choose another name, or --force to write over it`);
}

function checkNotSource(path: string, { origin, files }: SceneProvenance): void {
  if (!files.some((file) => join(origin, file.path) === resolve(path))) return;
  throw new UserError(`${path} is what the scenes come from; choose another name`);
}

/**
 * Scenes of one `.pack` file, or of all in a folder and its direct subfolders, in the order of their names.
 *
 * @throws {UserError} if there is none, one is damaged, their grids or classes differ, or a scene is in two of them.
 */
export async function packSource(path: string): Promise<SceneSource> {
  return packsOf(await findFiles(path, PACK_KIND.endings));
}

/** @throws {UserError} if other classes than those in the packs are wanted. */
function ofClasses(source: SceneSource, path: string, { classes, renumber }: LabelOptions): SceneSource {
  const found = source.classes ?? PAPER_CLASSES;
  if (!renumber && (classes === undefined || sameClasses(found, classes))) return source;
  source[Symbol.dispose]();
  throw new UserError(
    `the scenes packed in ${path} have the classes ${found.names.join(", ")}; expected ` +
      `${renumber ? "scenes to renumber" : describeClasses(classes!)}; pack the scenes again with other --classes`,
  );
}

function inspectPack(path: string, index: number): string {
  using pack = PackFile.open(path);
  const { ids, grid, provenance } = pack.index;
  checkSceneIndex(path, index, ids.length);
  const ratio = voxelCount(grid) * ids.length / pack.bytes;
  return [
    `file    ${path}, ${pack.bytes} bytes, ${counted(ids.length, "scene")} [${grid.join(", ")}], ${
      ratio.toFixed(1)
    } to 1`,
    `from    ${provenance.kind}, ${provenance.origin}`,
    `scene   ${index} (${ids[index]}), fingerprint ${pack.index.fingerprint(index)}`,
    "",
    ...describeScene(pack.read(index), grid, pack.classes),
  ].join("\n") + "\n";
}

function packsOf(tree: FileTree): SceneSource {
  using opened = new DisposableStack();
  const packs = tree.files.map((file) => opened.use(PackFile.open(file.path)));
  const [{ index: { grid, provenance: madeFrom }, classes, path: first }] = packs;
  const starts = [0], seen = new Map<string, string>();
  for (const { index, path: name, classes: others } of packs) {
    if (formatGrid(index.grid) !== formatGrid(grid) || !sameClasses(others, classes)) {
      throw new UserError(`${name} has another grid or other classes than ${first}; keep one kind in a folder`);
    }
    for (const id of index.ids) {
      if (seen.has(id)) {
        throw new UserError(`${name} has the scene ${JSON.stringify(id)}, which ${seen.get(id)} has too`);
      }
      seen.set(id, name);
    }
    starts.push(starts[starts.length - 1] + index.ids.length);
  }
  const sceneIds = packs.length === 1 ? packs[0].index.ids : [...seen.keys()];
  if (sceneIds.length === 0) throw new UserError(`${first} holds no scene`);
  const place = (scene: number): [PackFile, number] => {
    if (!(scene in sceneIds)) throw new RangeError(`there is no scene ${scene}, only ${sceneIds.length}`);
    const pack = starts.findLastIndex((start) => start <= scene);
    return [packs[pack], scene - starts[pack]];
  };
  const files = opened.move();
  return {
    description: `${counted(sceneIds.length, "packed scene")} in ${basename(packs.length === 1 ? first : tree.root)}`,
    grid,
    ...(packs[0].index.classes && { classes }),
    sceneIds,
    // deno-lint-ignore require-await -- what is thrown must be a rejection
    async read(scene) {
      const [pack, index] = place(scene);
      return pack.read(index);
    },
    fingerprint(scene) {
      const [pack, index] = place(scene);
      return pack.index.fingerprint(index);
    },
    async provenance(onProgress) {
      return { kind: "pack", origin: tree.root, options: {}, files: await hashFiles(tree, onProgress), madeFrom };
    },
    [Symbol.dispose]: () => files.dispose(),
  };
}
