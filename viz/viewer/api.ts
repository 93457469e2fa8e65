/** Answers the page's questions about the served folder. */
import { basename } from "@std/path";
import { UserError } from "../../base/errors.ts";
import { type ClassSet, PAPER_CLASSES } from "../../data/classes.ts";
import { VolumeFile } from "../draw/volume_file.ts";
import type { Catalogue, RoomWish } from "./catalogue.ts";
import { RequestError } from "./request_error.ts";
import type { ModelShelf, RoomModel } from "./room_model.ts";
import { scanFolder } from "./scan.ts";
import { sequencesOf } from "./sequences.ts";
import type { ServedFolder } from "./served_folder.ts";
import { newestStep, trainingCurves, trainingStatus } from "./training.ts";

/** Longest body of a request; a code of the published model takes 4800 bytes. */
const BODY_LIMIT_BYTES = 1 << 20;
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
      case "GET /api/curves.svg": {
        const run = query.text("run");
        const svg = await trainingCurves(await this.folder.resolve(run), run, query.number("width", 300, 4000));
        return new Response(svg, { headers: { "content-type": "image/svg+xml" } });
      }
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
    }
    const known = /^\/api\/(catalogue|volume|training|curves\.svg|checkpoint|model|noise|encode|decode)$/.test(
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
  const published = classes === undefined || classes === PAPER_CLASSES;
  return { "x-grid": grid.join(","), ...published ? {} : { "x-classes": encodeURIComponent(JSON.stringify(classes)) } };
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
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
