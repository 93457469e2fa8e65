/** Houses of ProcTHOR and AI2-THOR as scenes. */
import { basename } from "@std/path";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { FormatError } from "../../../base/byte_reader.ts";
import { UserError } from "../../../base/errors.ts";
import { distinctNames, fileName } from "../../../base/file_name.ts";
import { counted } from "../../../base/text.ts";
import { type ClassSet, PAPER_CLASSES } from "../../classes.ts";
import { checkGrid, formatGrid, FULL_GRID, type Grid, voxelCount, voxelMetresOf } from "../../grid.ts";
import { type FileTree, hashFiles } from "../../scenes/file_tree.ts";
import { describeScene } from "../../scenes/report.ts";
import type { LabelOptions, SceneKind } from "../../scenes/scene_kind.ts";
import type { SceneSource } from "../../scenes/scene_source.ts";
import { type ClassMap, labelsByName } from "../mesh/class_map.ts";
import { type AssetTable, findAssets, readAssets } from "./assets.ts";
import PROCTHOR_CLASSES from "./classes.json" with { type: "json" };
import type { House } from "./house.ts";
import { readHouses } from "./house_files.ts";
import { furnish, type FurnishedHouse, labelling } from "./house_solids.ts";
import { type HousePart, type ScenePlace, scenePlaces } from "./scene_places.ts";
import { paint } from "./solids.ts";

/** How houses become scenes. */
export interface ProcthorOptions extends LabelOptions {
  /** File with types and sizes of objects; the one beside the houses if left out (assets.ts). */
  readonly assets?: string;
  /** What becomes a scene; each room if left out. */
  readonly scenesOf?: HousePart;
  /** What they have in common with meshes. */
  readonly mesh?: {
    /** Size of scenes; the published one if null. */
    readonly grid?: Grid | null;
    /** Edge of a voxel; 4.8 m / voxels along x if null. */
    readonly voxelMetres?: number | null;
    /** Classes by types of objects; those of classes.json if null. */
    readonly classMap?: ClassMap | null;
  };
}

/** Most voxels of a scene. */
const MOST_VOXELS = 2 ** 27;
/** Goes with the scenes. */
const LICENCE = "ProcTHOR-10K and the asset table of ProcTHOR: Apache-2.0, Allen Institute for AI";

/** Files of houses. */
export const PROCTHOR_KIND: SceneKind<ProcthorOptions> = {
  endings: [".jsonl", ".jsonl.gz", ".json", ".json.gz"],
  firstKeys: ["doors", "metadata", "objects", "proceduralParameters", "rooms", "walls", "windows"],
  data: [{
    name: "ProcTHOR-10K, AI2-THOR houses",
    from: "pip install prior (procthor-10k); github.com/allenai/procthor (asset table)",
    licence: "Apache-2.0",
  }],
  open: openHouses,
  inspect: inspectHouses,
};

/** What all scenes of a source have in common. */
interface Setting {
  readonly grid: Grid;
  readonly voxelMetres: number;
  readonly part: HousePart;
  readonly classes: ClassSet;
  readonly classMap: ClassMap;
  readonly labelOf: (type: string) => number;
  readonly assets: AssetTable;
  readonly assetFile: string | null;
}

async function settingOf(path: string, options: ProcthorOptions): Promise<Setting> {
  const { mesh = {}, scenesOf: part = "room", classes = PAPER_CLASSES } = options;
  const grid = mesh.grid ?? FULL_GRID, classMap = mesh.classMap ?? PROCTHOR_CLASSES;
  checkGrid(grid, "--grid");
  if (voxelCount(grid) > MOST_VOXELS) throw new UserError(`--grid ${formatGrid(grid)}: at most ${MOST_VOXELS} voxels`);
  const assetFile = options.assets ?? await findAssets(path);
  return {
    grid,
    voxelMetres: mesh.voxelMetres ?? voxelMetresOf(grid),
    part,
    classes,
    classMap,
    labelOf: labelling(labelsByName(classMap, classes)),
    assets: assetFile === null ? new Map() : await readAssets(assetFile),
    assetFile,
  };
}

/** A house that waits to be drawn: of 12,000 in memory each takes a few kilobytes. */
interface StoredHouse {
  /** Its JSON, reduced and deflated. */
  readonly packed: Uint8Array;
  readonly path: string;
}

interface Place {
  readonly id: string;
  readonly house: number;
  readonly place: number;
  /** Type of the room; empty where a scene is no room. */
  readonly label: string;
}

/**
 * Scenes of the houses of all files. They are read once, here, and kept: drawing one takes milliseconds then, in any
 * order, while a line in a packed file cannot be found again without unpacking those before it.
 *
 * @throws {UserError} if a file cannot be read or holds something else, or the options cannot be met.
 */
async function openHouses(tree: FileTree, options: ProcthorOptions): Promise<SceneSource> {
  const setting = await settingOf(tree.files[0].path, options);
  const houses: StoredHouse[] = [], places: Place[] = [];
  const fileNames = distinctNames(tree.files.map(({ id }) => fileName(id.replaceAll("/", "."))));
  for (const [i, { path }] of tree.files.entries()) {
    let number = 0;
    for await (const house of readHouses(path)) {
      const group = `${fileNames[i]}-${String(number++).padStart(5, "0")}`;
      placesOf(house, setting, path).forEach(({ name, room }, place) =>
        places.push({
          id: name === "" ? group : `${group}/${name}`,
          house: houses.length,
          place,
          label: room?.roomType ?? "",
        })
      );
      houses.push({ packed: deflateRawSync(JSON.stringify(house), { level: 1 }), path });
    }
  }
  if (places.length === 0) throw new UserError(`${tree.root} holds no house`);
  let last: { index: number; scenes: FurnishedScene[] } | undefined;
  const sceneAt = (index: number): FurnishedScene => {
    const found = places[index];
    if (found === undefined) throw new RangeError(`there is no scene ${index}, only ${places.length}`);
    const { packed, path } = houses[found.house];
    if (last?.index !== found.house) {
      const house: House = JSON.parse(inflateRawSync(packed).toString());
      last = { index: found.house, scenes: scenesOf(house, setting, path) };
    }
    return last.scenes[found.place];
  };
  return {
    description: `${counted(places.length, "scene")} of ${counted(houses.length, "ProcTHOR house")} in ${
      basename(tree.root)
    }`,
    grid: setting.grid,
    classes: setting.classes,
    sceneIds: places.map(({ id }) => id),
    ...setting.part === "room" && { label: (index: number) => places[index].label },
    read: (index) => Promise.resolve().then(() => sceneAt(index).draw()),
    notes: (index) => Promise.resolve().then(() => notesOf(sceneAt(index).furnished, setting)),
    async provenance(onProgress) {
      const { voxelMetres, part, grid, assetFile, classMap } = setting;
      const [assets] = assetFile === null
        ? []
        : await hashFiles({ root: tree.root, files: [{ path: assetFile, id: "assets" }] });
      return {
        kind: "procthor",
        origin: tree.root,
        options: {
          grid: formatGrid(grid),
          voxelMetres,
          scenesOf: part,
          assets: assets?.sha256 ?? "none: sizes usual for the types",
          classMap: JSON.stringify(classMap),
          licence: LICENCE,
        },
        files: await hashFiles(tree, onProgress),
      };
    },
    [Symbol.dispose]() {
      houses.length = 0;
      last = undefined;
    },
  };
}

function placesOf(house: House, { part, grid, voxelMetres }: Setting, path: string): ScenePlace[] {
  try {
    return scenePlaces(house, part, grid, voxelMetres);
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** A scene whose boxes are made when they are first asked for. */
interface FurnishedScene {
  readonly name: string;
  readonly furnished: FurnishedHouse;
  draw(): Uint8Array<ArrayBuffer>;
}

function scenesOf(house: House, setting: Setting, path: string): FurnishedScene[] {
  let all: FurnishedHouse | undefined;
  return placesOf(house, setting, path).map(({ name, view, room }) => ({
    name,
    get furnished() {
      return room ? furnish(house, setting, room) : all ??= furnish(house, setting);
    },
    draw() {
      const { slabs, solids } = this.furnished;
      return paint(slabs, solids, view);
    },
  }));
}

function notesOf({ counts, typical, unknown }: FurnishedHouse, { assetFile }: Setting): string[] {
  const total = [...counts.values()].reduce((a, b) => a + b, 0);
  const list = [...counts].sort(([a], [b]) => a < b ? -1 : 1).map(([type, count]) => `${type} ${count}`);
  return [
    `${counted(total, "object")}${total > 0 ? `: ${list.join(", ")}` : ""}`,
    ...assetFile === null ? ["no asset table (--assets): sizes are those usual for the types"] : [],
    ...assetFile !== null && typical > 0
      ? [`not in the asset table, of the size usual for their type: ${typical}`]
      : [],
    ...unknown.size > 0 ? [`left out, of no known type: ${[...unknown].slice(0, 20).join(", ")}`] : [],
  ];
}

async function inspectHouses(path: string, index: number, options: ProcthorOptions): Promise<string> {
  const setting = await settingOf(path, options);
  let before = 0, number = 0;
  for await (const house of readHouses(path)) {
    const scenes = scenesOf(house, setting, path), scene = scenes[index - before];
    if (scene) {
      const { rooms, walls, doors, windows, objects } = house;
      const counts = [
        counted(rooms.length, "room"),
        counted(walls.length, "wall"),
        counted(doors.length, "door"),
        counted(windows.length, "window"),
        counted(objects.length, "object"),
      ];
      return [
        `file    ${path}`,
        `house   ${number}: ${counts.join(", ")}`,
        `scene   ${index}${scene.name && ` (${scene.name})`}, [${setting.grid.join(", ")}], voxels of ${
          Number(setting.voxelMetres.toPrecision(3))
        } m`,
        ...notesOf(scene.furnished, setting).map((note) => `note    ${note}`),
        "",
        ...describeScene(scene.draw(), setting.grid, setting.classes),
      ].join("\n") + "\n";
    }
    before += scenes.length;
    number++;
  }
  if (number === 0) throw new UserError(`${path} holds no house`);
  throw new UserError(`${path} has no scene ${index}: it has ${counted(before, "scene")}, from 0`);
}
