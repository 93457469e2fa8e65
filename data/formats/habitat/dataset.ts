/** Habitat's data sets: which templates of stages and objects there are, and what semantic ids stand for. */
import { dirname, join, relative, resolve } from "@std/path";
import { parseCsv } from "../../../base/csv.ts";
import { UserError } from "../../../base/errors.ts";
import { exists, readTextFile } from "../../../base/files.ts";
import { parseJson } from "../../../base/json.ts";
import { wildcard } from "../mesh/class_map.ts";
import {
  attributesSchema,
  type DatasetConfig,
  datasetSchema,
  type DatasetSection,
  lexiconSchema,
  type SceneInstance,
  type TemplateAttributes,
} from "./scene_instance.ts";

/** Kinds of templates. */
export type TemplateKind = "stages" | "objects";

/** Endings of the files that describe templates. */
const CONFIG_ENDING: Readonly<Record<TemplateKind, string>> = {
  stages: ".stage_config.json",
  objects: ".object_config.json",
};
const DATASET_ENDING = ".scene_dataset_config.json", MODEL_ENDING = ".glb";
/** How many folders above a scene are searched for the data set's description. */
const LEVELS_UP = 4;
/** Name that lexicons have for what has no class. */
const NO_CLASS = "unknown";
/** A template of HSSD, or the one that a part was cut from. */
const HSSD_NUMBER = /^[0-9a-f]{40}/;
/** What an object without a name is called. */
const NAMELESS = "object";

/** A model that scenes name. */
export interface Template {
  /** Its name, without folder and ending. */
  readonly handle: string;
  /** Path of its model, which may be missing. */
  readonly asset: string;
  /** What is said of it. */
  readonly attributes: TemplateAttributes;
}

/** Where a template is described. */
interface Entry {
  /** Its file; null if the data set's description says all. */
  readonly config: string | null;
  /** Path of a model that has no file of its own; null where the attributes tell. */
  readonly model: string | null;
  /** What the data set's description says of it. */
  readonly attributes: TemplateAttributes;
}

/** The data set that a scene belongs to. */
export class HabitatDataset {
  readonly #indices = new Map<TemplateKind, Promise<ReadonlyMap<string, Entry>>>();
  readonly #lexicons = new Map<string, Promise<ReadonlyMap<number, string>>>();
  #categories: Promise<ReadonlyMap<string, string>> | null = null;

  private constructor(
    /** Folder that all its paths are below. */
    readonly root: string,
    readonly config: DatasetConfig,
  ) {}

  /**
   * The data set whose description lies in the folder of a scene or up to four above; without one, what lies in the folders
   * `stages` and `objects` beside the scene's.
   *
   * @throws {UserError} if the description is not valid.
   */
  static async around(scenePath: string): Promise<HabitatDataset> {
    const start = dirname(resolve(scenePath));
    for (let level = 0, folder = start; level <= LEVELS_UP; level++, folder = dirname(folder)) {
      const [found] = await filesIn(folder, DATASET_ENDING);
      if (found) return new HabitatDataset(folder, parseJson(await readTextFile(found), found, datasetSchema));
    }
    return new HabitatDataset(dirname(start), {});
  }

  /** The template of a name, or the first one whose name contains it, as Habitat looks for them; null if there is none. */
  async template(kind: TemplateKind, name: string): Promise<Template | null> {
    if (!this.#indices.has(kind)) this.#indices.set(kind, this.#index(kind));
    const index = await this.#indices.get(kind)!, wanted = handleOf(name, kind);
    const handle = index.has(wanted) ? wanted : [...index.keys()].sort().find((each) => each.includes(wanted));
    if (wanted === "" || handle === undefined) return null;
    const { config, model, attributes: said } = index.get(handle)!;
    const own = config === null ? {} : parseJson(await readTextFile(config), config, attributesSchema);
    const attributes = { ...this.config[kind]?.default_attributes, ...own, ...said };
    const folder = said.render_asset === undefined && config !== null ? dirname(config) : this.root;
    const asset = model ??
      this.#below(folder, attributes.render_asset ?? `${handleOf(config ?? handle, kind)}${MODEL_ENDING}`);
    return { handle, asset, attributes };
  }

  /**
   * What an object is called: by the class of its semantic id in the scene's lexicon, by HSSD's table of objects, or by its
   * template. HSSD's templates are numbers and no names.
   *
   * @throws {UserError} if lexicon or table are not valid.
   */
  async nameOf({ handle, attributes: { semantic_id } }: Template, scene: SceneInstance): Promise<string> {
    const ofId = semantic_id === undefined ? undefined : (await this.#classNames(scene)).get(semantic_id);
    const [number] = HSSD_NUMBER.exec(handle) ?? [];
    this.#categories ??= readCategories(join(this.root, "semantics", "objects.csv"));
    return ofId ?? (await this.#categories).get(number ?? handle) ?? (number === undefined ? handle : NAMELESS);
  }

  async #classNames({ semantic_scene_instance }: SceneInstance): Promise<ReadonlyMap<number, string>> {
    const { scene_instances, semantic_scene_descriptor_instances: files = {} } = this.config;
    const name = semantic_scene_instance ?? scene_instances?.default_attributes?.semantic_scene_instance;
    const file = name === undefined ? undefined : files[name];
    if (typeof file !== "string") return new Map();
    const path = this.#below(this.root, file);
    if (!this.#lexicons.has(path)) this.#lexicons.set(path, readLexicon(path));
    return await this.#lexicons.get(path)!;
  }

  async #index(kind: TemplateKind): Promise<ReadonlyMap<string, Entry>> {
    const { paths = { ".json": [kind], [MODEL_ENDING]: [kind] }, configs = [] }: DatasetSection = this.config[kind] ??
      {};
    const index = new Map<string, Entry>();
    for (const path of await this.#filesAt(paths[MODEL_ENDING] ?? [], MODEL_ENDING)) {
      index.set(handleOf(path, kind), { config: null, model: path, attributes: {} });
    }
    for (const path of await this.#filesAt(paths[".json"] ?? [], CONFIG_ENDING[kind])) {
      index.set(handleOf(path, kind), { config: path, model: null, attributes: {} });
    }
    for (const { template_handle, original_file, attributes = {} } of configs) {
      const handle = handleOf(template_handle ?? original_file ?? "", kind);
      const config = original_file === undefined ? null : this.#below(this.root, original_file);
      if (handle !== "") index.set(handle, { config, model: null, attributes });
    }
    return index;
  }

  /** The files with an ending at paths in which `*` stands for any text of one name: files, or all in a folder. */
  async #filesAt(patterns: readonly string[], ending: string): Promise<string[]> {
    const found: string[] = [];
    for (const pattern of patterns) {
      let places = [this.root];
      for (const part of pattern.split("/")) {
        places = part.includes("*")
          ? (await Promise.all(places.map((place) => matching(place, part)))).flat()
          : places.map((place) => this.#below(place, part));
      }
      for (const place of places) {
        found.push(...place.toLowerCase().endsWith(ending) ? [place] : await filesIn(place, ending));
      }
    }
    return found;
  }

  /** @throws {UserError} if a path leads out of the data set. */
  #below(folder: string, path: string): string {
    const place = resolve(folder, path);
    if (!/^\.\.(?![^/\\])/.test(relative(this.root, place))) return place;
    throw new UserError(`${this.root}: the path ${JSON.stringify(path)} leads out of the data set`);
  }
}

/** `objects/chair.object_config.json` is `chair`. */
function handleOf(name: string, kind: TemplateKind): string {
  const last = name.slice(name.lastIndexOf("/") + 1);
  const ending = [CONFIG_ENDING[kind], MODEL_ENDING].find((each) => last.toLowerCase().endsWith(each)) ?? "";
  return last.slice(0, last.length - ending.length);
}

async function readLexicon(path: string): Promise<ReadonlyMap<number, string>> {
  if (!await exists(path)) return new Map();
  const { classes } = parseJson(await readTextFile(path), path, lexiconSchema);
  return new Map(classes.filter(({ name }) => name !== NO_CLASS).map(({ id, name }) => [id, name]));
}

/** Categories of objects by their numbers, as HSSD's table has them; none if there is no table. */
async function readCategories(path: string): Promise<ReadonlyMap<string, string>> {
  if (!await exists(path)) return new Map();
  const [heads = [], ...rows] = parseCsv(await readTextFile(path), path);
  const [number, category] = ["id", "main_category"].map((head) => heads.indexOf(head));
  if (number < 0 || category < 0) throw new UserError(`${path}: expected columns id and main_category`);
  return new Map(rows.filter((row) => row[category]).map((row) => [row[number], row[category]]));
}

/** Paths of the files of a folder with an ending, in order; none if there is no such folder. */
async function filesIn(folder: string, ending: string): Promise<string[]> {
  return (await matching(folder, "*")).filter((path) => path.toLowerCase().endsWith(ending));
}

/** What is in a folder under a name in which `*` stands for any text; nothing if there is no such folder. */
async function matching(folder: string, pattern: string): Promise<string[]> {
  const fits = wildcard(pattern), names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) if (fits(name)) names.push(name);
  } catch {
    return [];
  }
  return names.sort().map((name) => join(folder, name));
}
