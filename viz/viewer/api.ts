/** Answers the page's questions about the served folder. */
import { basename } from "@std/path";
import { z } from "zod";
import { concatenate } from "../../base/bytes.ts";
import { UserError } from "../../base/errors.ts";
import { type ClassSet, PAPER_CLASSES } from "../../data/classes.ts";
import { formatGrid, type Grid, voxelCount } from "../../data/grid.ts";
import { checkLabels, emptyWhereUnknown } from "../../data/labels.ts";
import { fingerprint } from "../../data/scenes/fingerprint.ts";
import { type GivenScene, grownGrid, growthBeyond } from "../../data/scenes/growth.ts";
import { parseJson } from "../../base/json.ts";
import { EditRequestSchema, MOST_PROPOSALS, parseProject, replayedVoxels, SamplerSchema } from "../../run/project.ts";
import { VolumeFile } from "../draw/volume_file.ts";
import { EXPORT_FORMATS, isExportFormat, MESH_FORMATS } from "../export/formats.ts";
import { countSides } from "../export/side_count.ts";
import { type Catalogue, MOST_CURVES, type RoomWish, type SceneHeader, type TrainingCurves } from "./catalogue.ts";
import { RequestError } from "./request_error.ts";
import type { ModelShelf, RoomModel } from "./room_model.ts";
import { scanFolder } from "./scan.ts";
import { sequencesOf } from "./sequences.ts";
import type { ServedFolder } from "./served_folder.ts";
import { newestStep, trainingCurves, trainingStatus } from "./training.ts";

/** Longest body of a request; a code of the published model takes 4800 bytes. */
const BODY_LIMIT_BYTES = 1 << 20;
/** Longest scene or project that is sent to be edited. */
const EDIT_LIMIT_BYTES = 8 << 20;
const byte = z.int().min(0).max(255);
/** Classes as {@link volumeHeaders} tells them. */
const ClassSetSchema: z.ZodType<ClassSet> = z.object({
  names: z.array(z.string().max(40)).min(2).max(255),
  palette: z.array(z.tuple([byte, byte, byte])).min(2).max(255),
}).refine(({ names, palette }) => names.length === palette.length, "expected a colour for each name");
const side = z.int().min(1).max(4096);
const GridSchema: z.ZodType<Grid> = z.tuple([side, side, side]);

/** What does longer work. */
const BY_COMMAND = "make it again with deno task eval --mode replay";
/** Most edits of a project: the networks answer nobody else meanwhile. */
const MOST_EDITS = 200;
/** Most voxels of all scenes of a project together, likewise: as many edits of the paper's grid. */
const MOST_REPLAYED = 2 ** 26;
/** Most sides of voxels of a mesh, three times those of a home of 240×48×240: nobody else is answered while it is made. */
const MOST_SIDES = 2 ** 20;
/** Requests for the networks that may wait for each other. */
const MOST_WAITING = 4;

/** The viewer's programming interface: `GET` and `POST` under `/api/`. */
export class ViewerApi {
  #waiting = 0;

  /** @param models opens checkpoints; null if this server cannot run networks. */
  constructor(readonly folder: ServedFolder, readonly models: ModelShelf | null) {}

  /** Answers a request. @throws {RequestError} and {UserError} with what to tell the person at the page. */
  async answer(request: Request, url: URL): Promise<Response> {
    const query = new Query(url.searchParams);
    switch (`${request.method} ${url.pathname}`) {
      case "GET /api/catalogue":
        return Response.json(await this.#catalogue());
      case "GET /api/volume":
        return await this.#volume(query);
      case "GET /api/training": {
        const run = query.text("run");
        return Response.json(await trainingStatus(await this.folder.resolve(run), run));
      }
      case "GET /api/curves":
        return Response.json(await this.#curves(query));
      case "GET /api/checkpoint": {
        const run = query.text("run");
        return Response.json({ step: await newestStep(await this.folder.resolve(run), run) });
      }
      case "GET /api/model":
        // The page asks when it opens the panel: that is when newer weights are taken.
        return await this.#withModel(query, (model) => Response.json(model.info), true);
      case "GET /api/noise": {
        const seed = query.number("seed", 0, 2 ** 32 - 1);
        return await this.#withModel(query, (model) => binary(model.sampleNoise(seed)));
      }
      case "GET /api/encode": {
        const { file, labels } = await this.#readVolume(query);
        return await this.#withModel(query, (model) => {
          if (String(file.grid) !== String(model.info.grid)) {
            throw new RequestError(
              422,
              `the scene is ${file.grid.join("x")}, the model's ${model.info.grid.join("x")}`,
            );
          }
          return binary(model.encode(labels));
        });
      }
      case "POST /api/decode":
        return await this.#decode(request, query);
      case "POST /api/edit":
        return await this.#edit(request, query);
      case "POST /api/replay":
        return await this.#replay(request, query);
      case "POST /api/export":
        return await this.#export(request, query);
    }
    const known = /^\/api\/(catalogue|volume|training|curves|checkpoint|model|noise|encode|decode|edit|replay|export)$/
      .test(
        url.pathname,
      );
    throw known
      ? new RequestError(405, `${request.method} ${url.pathname}: another method is expected`)
      : new RequestError(404, `there is nothing at ${url.pathname}`);
  }

  async #catalogue(): Promise<Catalogue> {
    await this.folder.resolve(""); // says so if the folder is gone
    const { runs, volumes, problems, truncated } = await scanFolder(this.folder.root);
    return {
      folder: basename(this.folder.root),
      runs,
      sequences: sequencesOf(volumes),
      problems,
      truncated,
      generates: this.models !== null,
    };
  }

  /** Curves of the runs that the query names. */
  async #curves(query: Query): Promise<TrainingCurves> {
    const titles = query.parameters.getAll("run");
    if (titles.length < 1 || titles.length > MOST_CURVES) {
      throw new RequestError(400, `${titles.length} runs: expected 1 to ${MOST_CURVES} parameters "run"`);
    }
    const width = query.number("width", 300, 4000), smoothing = query.number("smoothing", 0, 99) / 100;
    const runs = await Promise.all(titles.map(async (title) => ({ folder: await this.folder.resolve(title), title })));
    return await trainingCurves(runs, { width, smoothing });
  }

  async #readVolume(query: Query): Promise<{ file: VolumeFile; labels: Uint8Array }> {
    const path = query.text("path");
    if (!/\.npy$/i.test(path)) throw new RequestError(400, `${path}: expected an .npy file`);
    const file = await VolumeFile.open(await this.folder.resolve(path));
    return { file, labels: await file.read(query.number("index", 0, 2 ** 31)) };
  }

  /** Labels as bytes, the grid and classes in headers. */
  async #volume(query: Query): Promise<Response> {
    const { file, labels } = await this.#readVolume(query);
    return binary(labels, volumeHeaders(file.grid, file.classes));
  }

  /**
   * Labels of the room of a code, or with `from=noise` of noise and a wish, followed by those of the refined one if there
   * is a refiner.
   */
  async #decode(request: Request, query: Query): Promise<Response> {
    const body = await readBody(request, BODY_LIMIT_BYTES);
    return await this.#withModel(query, (model) => {
      const { info } = model;
      const size = info.latentGrid.reduce((product, size) => product * size, info.latentChannels);
      if (body.length !== 4 * size) {
        throw new RequestError(400, `a code of this model is ${size} float32, found ${body.length} bytes`);
      }
      const numbers = new Float32Array(body.buffer);
      if (!numbers.every(Number.isFinite)) throw new RequestError(400, "the code holds numbers that are not finite");
      const code = query.parameters.get("from") === "noise" ? model.codeOf(numbers, wishOf(query)) : numbers;
      const { plain, refined } = model.decode(code, query.parameters.get("refine") !== "no");
      const rooms = new Uint8Array(plain.length + (refined?.length ?? 0));
      rooms.set(plain);
      if (refined) rooms.set(refined, plain.length);
      return binary(rooms, volumeHeaders(info.grid, info.classes));
    });
  }

  /** The labels in the body as a file of another program. */
  async #export(request: Request, query: Query): Promise<Response> {
    const labels = await readBody(request, EDIT_LIMIT_BYTES), format = query.text("format");
    const text = request.headers.get("x-classes");
    const classes = text === null ? PAPER_CLASSES : parseJson(decodeText(text), "x-classes", ClassSetSchema);
    const grid = gridOf(query, labels);
    if (!isExportFormat(format)) throw new RequestError(400, `format ${format}: expected ${EXPORT_FORMATS.join(", ")}`);
    checkLabels(labels, "the scene", grid, classes.names.length);
    const sides = MESH_FORMATS.includes(format) ? countSides(labels, grid) : 0;
    if (sides > MOST_SIDES) {
      throw new RequestError(
        422,
        `the surface has ${sides} sides of voxels, the viewer exports ${MOST_SIDES}; hide classes, choose .vox or .npy, ` +
          "or use deno task viz export",
      );
    }
    const { encodeVolume } = await import("../export/volume.ts"); // its packages take a moment to load
    return binary(await encodeVolume(emptyWhereUnknown(labels), grid, format, undefined, classes));
  }

  /** Proposals for an edit of the scene in the body. */
  async #edit(request: Request, query: Query): Promise<Response> {
    const labels = await readBody(request, EDIT_LIMIT_BYTES), grid = gridOf(query, labels);
    const wanted = parseJson(query.text("edit"), "the edit", EditRequestSchema), { selection } = wanted;
    const count = query.number("count", 1, MOST_PROPOSALS);
    const sampler = parseJson(query.text("sampler"), "the sampler", SamplerSchema);
    if ("beyond" in selection) {
      const grown = grownGrid(grid, growthBeyond([selection.beyond], selection.by));
      if (voxelCount(grown) > EDIT_LIMIT_BYTES) {
        throw new RequestError(
          422,
          `the scene would grow to ${
            formatGrid(grown)
          }, more than the ${EDIT_LIMIT_BYTES} voxels that the viewer takes; ` +
            "deno task eval --mode extend makes larger ones",
        );
      }
    }
    return await this.#withModel(query, (model) => {
      checkLabels(labels, "the scene", grid, model.info.classes?.names.length);
      return scenesAnswer(model, model.edit({ labels, grid }, wanted, count, sampler));
    });
  }

  /** The scenes of the project in the body. */
  async #replay(request: Request, query: Query): Promise<Response> {
    const text = new TextDecoder().decode(await readBody(request, EDIT_LIMIT_BYTES));
    const project = parseProject(text, "the project"), { length } = project.edits;
    if (length > MOST_EDITS) {
      throw new RequestError(422, `the project has ${length} edits, the viewer makes ${MOST_EDITS}; ${BY_COMMAND}`);
    }
    if (replayedVoxels(project) > MOST_REPLAYED) {
      throw new RequestError(
        422,
        `the project's scenes have up to ${
          replayedVoxels(project)
        } voxels together, the viewer makes ${MOST_REPLAYED}; ` +
          BY_COMMAND,
      );
    }
    return await this.#withModel(query, (model) => {
      if (model.info.editor === null) throw new RequestError(422, "this run has no prior that completes rooms");
      return scenesAnswer(model, model.replay(project));
    });
  }

  /**
   * Uses the networks of the run that the query names; `use` must not wait, so that the model stays open.
   *
   * @param newest opens them anew if a newer checkpoint was written meanwhile.
   */
  async #withModel(query: Query, use: (model: RoomModel) => Response, newest = false): Promise<Response> {
    if (this.models === null) throw new RequestError(501, "this server was started without networks");
    if (this.#waiting >= MOST_WAITING) throw new RequestError(503, "the networks are busy; try again in a moment");
    this.#waiting++;
    try {
      const run = await this.folder.resolve(query.text("run"));
      const step = newest ? await newestStep(run, "").catch(() => 0) : 0;
      const model = await this.models.take(run);
      return use(model.info.step < step ? await this.models.take(run, true) : model);
    } finally {
      this.#waiting--;
    }
  }
}

/** Parameters of a request. */
class Query {
  constructor(readonly parameters: URLSearchParams) {}

  text(name: string): string {
    const value = this.parameters.get(name);
    if (value === null) throw new RequestError(400, `the parameter "${name}" is missing`);
    return value;
  }

  number(name: string, least: number, most: number): number {
    const text = this.text(name), value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new RequestError(400, `${name}=${text.slice(0, 40)}: expected a whole number from ${least} to ${most}`);
  }
}

function wishOf({ parameters }: Query): RoomWish {
  return {
    type: parameters.get("type") ?? undefined,
    with: parameters.getAll("with"),
    without: parameters.getAll("without"),
  };
}

/** What the page must know of labels: the size of the volume, and classes that are not the published ones. */
function volumeHeaders(grid: readonly number[], classes: ClassSet | undefined): Record<string, string> {
  return { "x-grid": grid.join(","), ...classesHeader(classes) };
}

function classesHeader(classes: ClassSet | undefined): Record<string, string> {
  const published = classes === undefined || classes === PAPER_CLASSES;
  return published ? {} : { "x-classes": encodeURIComponent(JSON.stringify(classes)) };
}

/** The grid that a query tells of labels. @throws {RequestError} if they are not as many */
function gridOf(query: Query, labels: Uint8Array): Grid {
  const grid = parseJson(`[${query.text("grid")}]`, "grid", GridSchema);
  if (labels.length === voxelCount(grid)) return grid;
  throw new RequestError(400, `${labels.length} labels, a grid of ${formatGrid(grid)} has ${voxelCount(grid)}`);
}

/** Text of a header. @throws {RequestError} if it is not encoded as a component of an address. */
function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RequestError(400, "x-classes: expected JSON as a component of an address");
  }
}

/** Labels of scenes one behind the other, and in a header the grid of each and its `fingerprint`. */
function scenesAnswer({ info: { classes } }: RoomModel, scenes: readonly GivenScene[]): Response {
  const told: SceneHeader[] = scenes.map(({ labels, grid }) => ({ grid, result: fingerprint(labels, grid) }));
  const headers = { ...classesHeader(classes), "x-scenes": JSON.stringify(told) };
  return binary(concatenate(scenes.map(({ labels }) => labels)), headers);
}

function binary(numbers: Uint8Array | Float32Array, headers: Record<string, string> = {}): Response {
  const bytes = new Uint8Array(numbers.buffer as ArrayBuffer, numbers.byteOffset, numbers.byteLength);
  return new Response(bytes, { headers: { "content-type": "application/octet-stream", ...headers } });
}

/** What the page is told about an error: its status and one sentence, without the place of the folder. */
export function answerError(error: unknown, root: string): Response {
  const status = error instanceof RequestError ? error.status : error instanceof UserError ? 422 : 500;
  const message = error instanceof Error ? error.message : String(error);
  return Response.json({ error: message.replaceAll(`${root}/`, "").replaceAll(root, "the folder") }, { status });
}

/** Reads the body of a request. @throws {RequestError} 413 as soon as it is longer than `limitBytes`. */
async function readBody(request: Request, limitBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLong = () => new RequestError(413, `the request's body is longer than ${limitBytes} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > limitBytes) throw tooLong();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > limitBytes) throw tooLong();
    chunks.push(chunk);
  }
  return concatenate(chunks);
}
