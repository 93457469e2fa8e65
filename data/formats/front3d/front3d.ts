/** Rooms of 3D-FRONT's houses as scenes, through the voxeliser. */
import { basename, dirname, join } from "@std/path";
import { z } from "zod";
import { FormatError } from "../../../base/byte_reader.ts";
import { UserError } from "../../../base/errors.ts";
import { distinctNames, fileName } from "../../../base/file_name.ts";
import { exists, readFile, readTextFile } from "../../../base/files.ts";
import { parseJson } from "../../../base/json.ts";
import { counted } from "../../../base/text.ts";
import { PAPER_CLASSES } from "../../classes.ts";
import { checkGrid, formatGrid, FULL_GRID, voxelMetresOf } from "../../grid.ts";
import { type FileTree, hashFiles } from "../../scenes/file_tree.ts";
import { checkSceneIndex, describeScene } from "../../scenes/report.ts";
import type { LabelOptions, SceneKind } from "../../scenes/scene_kind.ts";
import type { SceneSource } from "../../scenes/scene_source.ts";
import type { DecodedScene } from "../decoded_source.ts";
import { DEFAULT_MESH_OPTIONS, meshNotes, type MeshOptions, voxeliseMesh } from "../mesh/mesh_format.ts";
import type { MeshPart } from "../mesh/mesh_part.ts";
import { readObj } from "../mesh/obj.ts";
import FRONT_CLASSES from "./classes.json" with { type: "json" };
import { type FrontFurniture, type FrontHouse, frontHouseOf, roomMesh } from "./front_house.ts";

/** How rooms of 3D-FRONT become scenes. */
export interface FrontOptions extends LabelOptions {
  /** As for other meshes. */
  readonly mesh?: MeshOptions;
}

/** Folder of the models, beside the houses or beside their folder. */
const MODEL_FOLDER = "3D-FUTURE-model";
/** Type of the meshes that are floors. */
const FLOOR = "Floor";
const LICENCE = "3D-FRONT and 3D-FUTURE: Alibaba's terms of use, for research";

/** Houses of 3D-FRONT. */
export const FRONT_KIND: SceneKind<FrontOptions> = {
  endings: [".json"],
  firstKeys: ["uid"],
  data: [{
    name: "3D-FRONT, 3D-FUTURE",
    from: "tianchi.aliyun.com (data sets 65347, 98063), on request",
    licence: "Alibaba's terms, for research",
  }],
  open: openFront,
  inspect: inspectFront,
};

/** @throws {UserError} naming the file and what is wrong in it. */
async function readHouse(path: string): Promise<FrontHouse> {
  const json = parseJson(await readTextFile(path), path, z.unknown());
  return named(path, () => withFloors(frontHouseOf(json)));
}

function named<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** A house with the rooms that have a floor; others hold what is left over, such as outer walls. */
function withFloors(house: FrontHouse): FrontHouse {
  const floors = new Set(house.mesh.filter(({ type }) => type === FLOOR).map(({ uid }) => uid));
  const room = house.scene.room.filter(({ children }) => children.some(({ ref }) => floors.has(ref)));
  return { ...house, scene: { room } };
}

/** `Bedroom-12`, unique in its house and fit to be a name of a file. */
function roomNames({ scene }: FrontHouse): string[] {
  return distinctNames(scene.room.map(({ instanceid, type }) => fileName(instanceid || type)));
}

function meshOptionsOf({ mesh = DEFAULT_MESH_OPTIONS }: FrontOptions): MeshOptions {
  const grid = mesh.grid ?? FULL_GRID;
  checkGrid(grid, "--grid");
  return { ...mesh, grid, classMap: mesh.classMap ?? FRONT_CLASSES };
}

async function openFront(tree: FileTree, options: FrontOptions): Promise<SceneSource> {
  const { classes = PAPER_CLASSES } = options, mesh = meshOptionsOf(options), grid = mesh.grid ?? FULL_GRID;
  const groups = distinctNames(tree.files.map(({ id }) => fileName(id.replaceAll("/", "."))));
  const places: { id: string; path: string; room: number; label: string }[] = [];
  for (const [i, { path }] of tree.files.entries()) {
    const house = await readHouse(path), { room: rooms } = house.scene;
    roomNames(house).forEach((name, room) =>
      places.push({ id: `${groups[i]}/${name}`, path, room, label: rooms[room].type })
    );
  }
  if (places.length === 0) throw new UserError(`${tree.root} holds no room with a floor`);
  const models = await findModels(tree.files[0].path);
  let last: { path: string; house: Promise<FrontHouse> } | undefined;
  const sceneAt = async (index: number): Promise<DecodedScene> => {
    const place = places[index];
    if (place === undefined) throw new RangeError(`there is no scene ${index}, only ${places.length}`);
    if (last?.path !== place.path) last = { path: place.path, house: readHouse(place.path) };
    return await decodeRoom(await last.house, place.room, place.path, models, { ...options, classes, mesh });
  };
  return {
    description: `${counted(places.length, "room")} of ${counted(tree.files.length, "3D-FRONT house")} in ${
      basename(tree.root)
    }`,
    grid,
    classes,
    sceneIds: places.map(({ id }) => id),
    label: (index) => places[index].label,
    read: async (index) => (await sceneAt(index)).labels,
    notes: async (index) => (await sceneAt(index)).notes ?? [],
    async provenance(onProgress) {
      const files = await hashFiles(tree, onProgress);
      const options = { grid: formatGrid(grid), ...meshNotes(mesh), licence: LICENCE };
      return { kind: "3d-front", origin: tree.root, options, files };
    },
    [Symbol.dispose]() {
      last = undefined;
    },
  };
}

async function inspectFront(path: string, index: number, options: FrontOptions): Promise<string> {
  const { classes = PAPER_CLASSES } = options, house = await readHouse(path), names = roomNames(house);
  checkSceneIndex(path, index, names.length);
  const { grid, labels, notes = [] } = await decodeRoom(house, index, path, await findModels(path), {
    ...options,
    classes,
    mesh: meshOptionsOf(options),
  });
  return [
    `file    ${path}, ${counted(names.length, "room")}`,
    `scene   ${index} (${names[index]}), [${grid.join(", ")}]`,
    ...notes.map((note) => `note    ${note}`),
    "",
    ...describeScene(labels, grid, classes),
  ].join("\n") + "\n";
}

/**
 * Voxels of a room.
 *
 * @param path of the house, for errors.
 * @throws {UserError} if the room or a model is damaged, or a part is of no class.
 */
async function decodeRoom(
  house: FrontHouse,
  room: number,
  path: string,
  models: Models,
  { classes = PAPER_CLASSES, mesh = DEFAULT_MESH_OPTIONS }: FrontOptions,
): Promise<DecodedScene> {
  const name = `${path}, ${roomNames(house)[room]}`;
  try {
    const { parts, counts } = await roomMesh(
      house,
      house.scene.room[room],
      (piece) => readModel(piece, models),
      ({ jid }) => models.names.get(jid) ?? [],
    );
    const isPlaced = mesh.align !== null || mesh.fit; // by the options, as any mesh
    const scene = voxeliseMesh(
      { parts: isPlaced ? parts : onFloor(parts, mesh), unread: [], exported: null },
      name,
      classes,
      isPlaced ? mesh : { ...mesh, align: "origin" },
    );
    const note = `furniture: ${counts.models} as models, ${counts.boxes} as boxes` +
      (counts.leftOut > 0 ? `, ${counts.leftOut} left out, with neither a model nor a size, or far off` : "");
    return { ...scene, notes: [note, ...scene.notes ?? []] };
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

/**
 * A room moved so that its floor, not all that belongs to it, lies in the middle of the grid; if it is too large, in the
 * corner of the grid.
 */
function onFloor(parts: readonly MeshPart[], { grid, voxelMetres }: MeshOptions): MeshPart[] {
  const size = grid ?? FULL_GRID, voxel = voxelMetres ?? voxelMetresOf(size);
  const floors = parts.filter(({ names }) => names[0]?.text === FLOOR).map(({ corners }) => corners);
  const offset = [0, 1, 2].map((axis) => {
    let low = Infinity, high = -Infinity;
    for (const corners of floors) {
      for (let i = axis; i < corners.length; i += 3) {
        low = Math.min(low, corners[i]);
        high = Math.max(high, corners[i]);
      }
    }
    const spare = axis === 1 ? 0 : (size[axis] * voxel - (high - low)) / 2;
    return spare >= voxel || axis === 1 ? spare - low : voxel - low;
  });
  return parts.map(({ names, corners }) => ({ names, corners: corners.map((value, i) => value + offset[i % 3]) }));
}

/** The models of 3D-FUTURE near a house. */
interface Models {
  /** The folder that they are in, one for each; null if there is none. */
  readonly folder: string | null;
  /** What `model_info.json` in it calls a model, by its id. */
  readonly names: ReadonlyMap<string, readonly string[]>;
}

const infoSchema = z.array(z.looseObject({
  model_id: z.string(),
  category: z.string().nullish(),
  "super-category": z.string().nullish(),
}));

/** Looks for the models beside the houses, and beside their folder. @throws {UserError} if their list is not valid. */
async function findModels(path: string): Promise<Models> {
  for (const near of [dirname(path), dirname(dirname(path))]) {
    const folder = join(near, MODEL_FOLDER), info = join(folder, "model_info.json");
    if (!await exists(folder)) continue;
    const list = await exists(info) ? parseJson(await readTextFile(info), info, infoSchema) : [];
    const names = list.map(({ model_id, category, "super-category": above }) =>
      [model_id, [category, above].filter((name) => typeof name === "string")] as const
    );
    return { folder, names: new Map(names) };
  }
  return { folder: null, names: new Map() };
}

/** The corners of a model; null if it is not there. */
async function readModel({ jid }: FrontFurniture, { folder }: Models): Promise<Float64Array | null> {
  if (jid === "" || folder === null) return null;
  const file = join(folder, fileName(jid), "raw_model.obj");
  if (!await exists(file)) return null;
  const bytes = await readFile(file);
  return named(file, () => Float64Array.from(readObj(bytes).flatMap(({ corners }) => [...corners])));
}
