/** Every reader of files that come from elsewhere. */
import { crc32 } from "node:zlib";
import { join } from "@std/path";
import { readClassFile } from "../../../data/class_file.ts";
import { PAPER_CLASSES } from "../../../data/classes.ts";
import { readManifest } from "../../../data/scenes/manifest.ts";
import { parseJson } from "../../../base/json.ts";
import { FRONT_KIND } from "../../../data/formats/front3d/front3d.ts";
import { sceneInstanceSchema } from "../../../data/formats/habitat/scene_instance.ts";
import { sceneMesh } from "../../../data/formats/habitat/scene_mesh.ts";
import { voxeliseMesh } from "../../../data/formats/mesh/mesh_format.ts";
import type { MeshPart } from "../../../data/formats/mesh/mesh_part.ts";
import { decodeMesh, DEFAULT_MESH_OPTIONS } from "../../../data/formats/mesh/mod.ts";
import { decodeNpy } from "../../../data/formats/npy.ts";
import { decodeNpz } from "../../../data/formats/npz.ts";
import { decodeOccscannet } from "../../../data/formats/occscannet.ts";
import { packSource } from "../../../data/formats/pack/pack.ts";
import { PACK_FOOTER_BYTES } from "../../../data/formats/pack/pack_format.ts";
import { decodePly } from "../../../data/formats/ply/ply.ts";
import { PROCTHOR_KIND } from "../../../data/formats/procthor/procthor.ts";
import { decodeSafetensors } from "../../../data/formats/safetensors.ts";
import { decodeKitti, KITTI_CLASSES } from "../../../data/formats/semantickitti/semantickitti.ts";
import { decodeSscnet, SSCNET_GRID } from "../../../data/formats/sscnet_format.ts";
import { openBundle } from "../../../data/formats/tensorflow/bundle.ts";
import type { TensorflowCheckpoint } from "../../../data/formats/tensorflow/stored_variable.ts";
import { openSliceFile } from "../../../data/formats/tensorflow/slice_file.ts";
import { readTrainedScenes } from "../../../data/scenes/trained_scenes.ts";
import { decodeVox } from "../../../data/formats/vox/vox.ts";
import { readOptionsFile, resolveOptions } from "../../../run/options.ts";
import { readProject, startingScene } from "../../../run/project.ts";
import { readStatistics } from "../../../run/statistics.ts";
import type { FuzzedReader } from "../../helpers/fuzz.ts";
import { memoryFiles, MemorySource } from "../../helpers/memory_source.ts";

/** A mesh is voxelised to this grid, whatever its size. */
const MESH_OPTIONS = { ...DEFAULT_MESH_OPTIONS, grid: [16, 16, 16] as const };
const ANYTHING = { names: { "*": "objs" } };
const V2_DATA = await Deno.readFile(new URL("../../fixtures/corpus/tensorflow-v2.data", import.meta.url));

/** The readers; those that want a path get one in `folder`, where nothing else is. */
export function fuzzedReaders(folder: string): FuzzedReader[] {
  const atPath = (ending: string, read: (path: string) => Promise<unknown>) => async (bytes: Uint8Array) => {
    const path = join(folder, `fuzzed${ending}`);
    await Deno.writeFile(path, bytes);
    await read(path);
  };
  return [
    { name: "npy", read: decodeNpy },
    { name: "npz", read: decodeNpz, mostBytes: (fileBytes) => 1032 * fileBytes + 65_536 }, // what deflate can pack
    { name: "pickle", read: decodeOccscannet },
    { name: "vox", read: decodeVox, mostBytes: () => 256 ** 3 + 65_536 },
    {
      name: "sscnet",
      read: decodeSscnet,
      mostBytes: () => SSCNET_GRID[0] * SSCNET_GRID[1] * SSCNET_GRID[2] + 65_536,
    },
    { name: "glb", read: (bytes) => decodeMesh(bytes, "fuzzed.glb", PAPER_CLASSES, MESH_OPTIONS), unmeasured: true },
    {
      name: "obj",
      read: (bytes) => decodeMesh(bytes, "fuzzed.obj", PAPER_CLASSES, MESH_OPTIONS),
      mostBytes: meshBytes,
    },
    {
      name: "ply",
      read: (bytes) => decodePly(bytes, "fuzzed.ply", PAPER_CLASSES, "nyu40", { ...MESH_OPTIONS, classMap: ANYTHING }),
      mostBytes: meshBytes,
    },
    {
      name: "semantickitti",
      // The first bytes of a file are its mask, too: 32 voxels have four bytes.
      read: (bytes, name) => decodeKitti(bytes, name, { ".invalid": bytes.subarray(0, 4) }, KITTI_CLASSES, [4, 4, 2]),
    },
    {
      name: "front3d",
      read: atPath(".json", (path) => readRooms(FRONT_KIND, path)),
      mostBytes: meshBytes,
    },
    { name: "habitat", read: readHabitat, mostBytes: meshBytes },
    {
      name: "procthor",
      read: atPath(".json", (path) => readRooms(PROCTHOR_KIND, path)),
      // Every room is drawn; a few bytes of a file may be a room.
      mostBytes: (fileBytes) => 256 * fileBytes + 2 ** 22,
    },
    {
      name: "pack",
      read: atPath(".pack", readPack),
      repair: repairPack,
      // A scene of the largest grid may be a single run.
      mostBytes: (fileBytes) => 8 * fileBytes + 512 ** 3,
    },
    { name: "safetensors", read: decodeSafetensors },
    {
      name: "tensorflow-v2",
      read: (bytes) => {
        const files = { "fuzzed.index": bytes, "fuzzed.data-00000-of-00001": V2_DATA };
        return readTensors(() => openBundle("fuzzed", memoryFiles(files)));
      },
    },
    {
      name: "tensorflow-v1",
      read: (bytes) => readTensors(() => openSliceFile(new MemorySource("fuzzed", bytes))),
    },
    { name: "manifest", read: atPath(".json", readManifest) },
    // Colours are found for classes that have none.
    { name: "classes", read: atPath(".json", readClassFile), mostBytes: (fileBytes) => 4096 * fileBytes + 2 ** 20 },
    { name: "options", read: atPath(".json", async (path) => resolveOptions([await readOptionsFile(path)])) },
    { name: "statistics", read: atPath(".jsonl", readStatistics) },
    {
      name: "project",
      read: atPath(".json", async (path) => startingScene(await readProject(path), path)),
      mostBytes: (fileBytes) => 8 * fileBytes + 2 ** 24 + 65_536, // a scene may be a single run
    },
    { name: "trained-scenes", read: atPath(".txt", readTrainedScenes) },
  ];
}

const meshBytes = (fileBytes: number) => 256 * fileBytes + 2 ** 22;

async function readRooms(
  kind: typeof FRONT_KIND | typeof PROCTHOR_KIND,
  path: string,
): Promise<void> {
  using source = await kind.open({ root: path, files: [{ path, id: "fuzzed" }] }, { mesh: MESH_OPTIONS });
  for (let index = 0; index < source.sceneIds.length; index++) await source.read(index);
}

/** Every template of a fuzzed scene is one triangle. */
async function readHabitat(bytes: Uint8Array, name: string): Promise<void> {
  const scene = parseJson(new TextDecoder().decode(bytes), name, sceneInstanceSchema);
  const templates = {
    template: (_: unknown, handle: string) => Promise.resolve({ handle, asset: "", attributes: {} }),
    nameOf: () => Promise.resolve("thing"),
  };
  const triangle: MeshPart = { names: [], corners: Float64Array.of(0, 0, 0, 1, 0, 0, 0, 1, 1) };
  const { parts } = await sceneMesh(scene, templates, () => Promise.resolve([triangle]));
  voxeliseMesh({ parts, unread: [], exported: null }, name, PAPER_CLASSES, { ...MESH_OPTIONS, classMap: ANYTHING });
}

async function readPack(path: string): Promise<void> {
  using source = await packSource(path);
  for (let index = 0; index < source.sceneIds.length; index++) {
    await source.read(index);
    source.fingerprint?.(index);
  }
}

/** Makes the checksums right of whatever footer, table and scenes the bytes still have. */
function repairPack(bytes: Uint8Array): Uint8Array {
  const fixed = bytes.slice(), view = new DataView(fixed.buffer), footer = fixed.length - PACK_FOOTER_BYTES;
  if (footer < 16) return fixed;
  const indexOffset = Number(view.getBigUint64(footer, true)), json = view.getUint32(footer + 8, true);
  const count = view.getUint32(footer + 12, true);
  if (indexOffset > footer) return fixed;
  for (let i = 0, scene = 16; i < count; i++) {
    const entry = indexOffset + json + 24 * i;
    if (entry + 8 > footer) break;
    const length = view.getUint32(entry, true);
    view.setUint32(entry + 4, crc32(fixed.subarray(scene, scene + length)), true);
    scene += length;
  }
  view.setUint32(footer + 20, crc32(fixed.subarray(indexOffset, footer)), true);
  return fixed;
}

async function readTensors(open: () => Promise<TensorflowCheckpoint>): Promise<void> {
  using checkpoint = await open();
  for (const name of checkpoint.variables.keys()) await checkpoint.read(name);
}
