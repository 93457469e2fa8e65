/** Scene instances of Habitat (HSSD, ReplicaCAD) as scenes, through the voxeliser. */
import { basename } from "@std/path";
import { FormatError } from "../../../base/byte_reader.ts";
import { UserError } from "../../../base/errors.ts";
import { distinctNames, fileName } from "../../../base/file_name.ts";
import { exists, readFile, readTextFile } from "../../../base/files.ts";
import { parseJson } from "../../../base/json.ts";
import { counted } from "../../../base/text.ts";
import { PAPER_CLASSES } from "../../classes.ts";
import { checkGrid, formatGrid, FULL_GRID } from "../../grid.ts";
import { type FileTree, hashFiles } from "../../scenes/file_tree.ts";
import { checkSceneIndex, describeScene } from "../../scenes/report.ts";
import type { LabelOptions, SceneKind } from "../../scenes/scene_kind.ts";
import type { SceneSource } from "../../scenes/scene_source.ts";
import type { DecodedScene } from "../decoded_source.ts";
import {
  DEFAULT_MESH_OPTIONS,
  MESH_ENDINGS,
  meshNotes,
  type MeshOptions,
  readMesh,
  voxeliseMesh,
} from "../mesh/mesh_format.ts";
import type { MeshPart } from "../mesh/mesh_part.ts";
import HABITAT_CLASSES from "./classes.json" with { type: "json" };
import { HabitatDataset, type Template } from "./dataset.ts";
import { type SceneInstance, sceneInstanceSchema } from "./scene_instance.ts";
import { sceneMesh } from "./scene_mesh.ts";

/** How scene instances become scenes. */
export interface HabitatOptions extends LabelOptions {
  /** As for other meshes. */
  readonly mesh?: MeshOptions;
}

const ENDING = ".scene_instance.json";
const LICENCE = "HSSD: CC BY-NC 4.0; ReplicaCAD: CC BY 4.0; others: that of their authors";

/** Scene instances. */
export const HABITAT_KIND: SceneKind<HabitatOptions> = {
  endings: [ENDING],
  data: [
    { name: "HSSD for Habitat", from: "huggingface.co/datasets/hssd/hssd-hab", licence: "CC BY-NC 4.0" },
    { name: "ReplicaCAD", from: "aihabitat.org/datasets/replica_cad", licence: "CC BY 4.0" },
  ],
  open: openHabitat,
  inspect: inspectHabitat,
};

/** @throws {UserError} naming the field that is not valid. */
async function readInstance(path: string): Promise<SceneInstance> {
  const scene = parseJson(await readTextFile(path), path, sceneInstanceSchema);
  if (scene.stage_instance || scene.object_instances.length > 0) return scene;
  throw new UserError(`${path} has neither a stage_instance nor object_instances`);
}

function meshOptionsOf({ mesh = DEFAULT_MESH_OPTIONS }: HabitatOptions): MeshOptions {
  const grid = mesh.grid ?? FULL_GRID;
  checkGrid(grid, "--grid");
  return { ...mesh, grid, classMap: mesh.classMap ?? HABITAT_CLASSES };
}

async function openHabitat(tree: FileTree, options: HabitatOptions): Promise<SceneSource> {
  const { classes = PAPER_CLASSES } = options, mesh = meshOptionsOf(options), grid = mesh.grid ?? FULL_GRID;
  const { files } = tree, stages: string[] = [];
  for (const { path } of files) stages.push((await readInstance(path)).stage_instance?.template_name ?? "");
  const names = distinctNames(files.map(({ id }) => fileName(id.replaceAll("/", "."))));
  const datasets = new Map<string, Promise<HabitatDataset>>();
  const sceneAt = async (index: number): Promise<DecodedScene> => {
    if (!(index in files)) throw new RangeError(`there is no scene ${index}, only ${files.length}`);
    const { path } = files[index], folder = path.slice(0, -basename(path).length);
    if (!datasets.has(folder)) datasets.set(folder, HabitatDataset.around(path));
    return await decodeInstance(path, await datasets.get(folder)!, { ...options, classes, mesh });
  };
  return {
    description: `${counted(files.length, "Habitat scene")} in ${basename(tree.root)}`,
    grid,
    classes,
    // Scenes on one stage show the same rooms, so they stay on one side of a split.
    sceneIds: names.map((name, i) => `${fileName(basename(stages[i]) || name)}/${name}`),
    read: async (index) => (await sceneAt(index)).labels,
    notes: async (index) => (await sceneAt(index)).notes ?? [],
    async provenance(onProgress) {
      const hashed = await hashFiles(tree, onProgress);
      const options = { grid: formatGrid(grid), ...meshNotes(mesh), licence: LICENCE };
      return { kind: "habitat", origin: tree.root, options, files: hashed };
    },
    [Symbol.dispose]() {
      datasets.clear();
    },
  };
}

async function inspectHabitat(path: string, index: number, options: HabitatOptions): Promise<string> {
  const { classes = PAPER_CLASSES } = options, mesh = meshOptionsOf(options);
  checkSceneIndex(path, index, 1);
  const { grid, labels, notes = [] } = await decodeInstance(path, await HabitatDataset.around(path), {
    ...options,
    classes,
    mesh,
  });
  return [
    `file    ${path}`,
    `scene   [${grid.join(", ")}]`,
    ...notes.map((note) => `note    ${note}`),
    "",
    ...describeScene(labels, grid, classes),
  ].join("\n") + "\n";
}

/** @throws {UserError} if a file is not valid, a part is of no class, or no model is at hand. */
async function decodeInstance(
  path: string,
  dataset: HabitatDataset,
  { classes = PAPER_CLASSES, mesh = DEFAULT_MESH_OPTIONS }: HabitatOptions,
): Promise<DecodedScene> {
  const scene = await readInstance(path), models = new Map<string, Promise<readonly MeshPart[] | null>>();
  const read = ({ asset }: Template) => {
    if (!models.has(asset)) models.set(asset, readModel(asset));
    return models.get(asset)!;
  };
  try {
    const { parts, counts } = await sceneMesh(scene, dataset, read);
    if (counts.placed === 0) {
      throw new UserError(
        `${path}: none of its models is at hand; the data set around it is taken to be ${dataset.root}, with the models ` +
          `where its .scene_dataset_config.json says`,
      );
    }
    const placed = voxeliseMesh({ parts, unread: [], exported: null }, path, classes, mesh);
    const articulated = scene.articulated_object_instances.length;
    const note = `models: ${counts.placed} placed` +
      (counts.leftOut > 0 ? `, ${counts.leftOut} left out, not at hand` : "") +
      (articulated > 0 ? `; ${articulated} articulated objects (URDF) are not read` : "");
    return { ...placed, notes: [note, ...placed.notes ?? []] };
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** The parts of a model; null if it is not there or of a kind that is not read. @throws {UserError} if it is damaged. */
async function readModel(path: string): Promise<readonly MeshPart[] | null> {
  const isRead = MESH_ENDINGS.some((ending) => path.toLowerCase().endsWith(ending));
  return isRead && await exists(path) ? (await readMesh(await readFile(path), path)).parts : null;
}
