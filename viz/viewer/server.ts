/** The viewer's web server: the page, and the interface that it asks for volumes, losses and new rooms. */
import { UserError } from "../../base/errors.ts";
import { answerError, ViewerApi } from "./api.ts";
import { pageAssets } from "./bundle.ts";
import { RequestError } from "./request_error.ts";
import { ModelShelf, type OpenModel } from "./room_model.ts";
import { ServedFolder } from "./served_folder.ts";

/** What {@link startViewer} serves and where. */
export interface ViewerOptions {
  /** Folder with runs and volumes. Nothing outside it is served. */
  readonly folder: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Address to listen at; 127.0.0.1 if left out, which other machines cannot reach. */
  readonly host?: string;
  /** Opens checkpoints to generate rooms; without it the page only shows files. */
  readonly openModel?: OpenModel;
}

/** A running viewer. Dispose it to stop. */
export interface Viewer extends AsyncDisposable {
  /** Address of the page. */
  readonly url: string;
  /** Settles when the server has stopped. */
  readonly finished: Promise<void>;
}

const LOOPBACK = "127.0.0.1";

/** Whether only programs on this machine can reach an address to listen at. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Longest address of a request, in characters. */
const LONGEST_URL = 4096;
/** The page takes nothing from elsewhere, and no other page may frame or read it. */
const HEADERS = {
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
} as const;

/** Starts the server. @throws {UserError} if the folder is missing, the port is taken, or the page cannot be bundled. */
export async function startViewer({ folder, port, host = LOOPBACK, openModel }: ViewerOptions): Promise<Viewer> {
  const served = await ServedFolder.open(folder);
  const models = openModel ? new ModelShelf(openModel) : null;
  const api = new ViewerApi(served, models);
  const assets = await pageAssets();
  const answer = async (request: Request): Promise<Response> => {
    try {
      const url = checkRequest(request, host);
      if (url.pathname.startsWith("/api/")) return await api.answer(request, url);
      if (request.method !== "GET") throw new RequestError(405, `${request.method} ${url.pathname}: expected GET`);
      const asset = assets.get(url.pathname);
      if (!asset) throw new RequestError(404, `there is nothing at ${url.pathname}`);
      return new Response(asset.content, { headers: { "content-type": asset.type } });
    } catch (error) {
      return answerError(error, served.root);
    }
  };
  const stop = new AbortController();
  const server = listen(host, port, stop.signal, async (request) => {
    const response = await answer(request);
    for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
    return response;
  });
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${server.addr.port}/`,
    finished: server.finished,
    async [Symbol.asyncDispose]() {
      stop.abort(); // ends open connections as well
      await server.finished;
      await models?.[Symbol.asyncDispose]();
    },
  };
}

function listen(
  hostname: string,
  port: number,
  signal: AbortSignal,
  handler: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname, port, signal, handler, onListen() {} });
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new UserError(`port ${port} is in use; choose another with --port, or --port 0 for any that is free`, {
        cause,
      });
    }
    if (cause instanceof Deno.errors.NotCapable || cause instanceof Deno.errors.PermissionDenied) {
      throw new UserError(
        `not permitted to listen at ${hostname}:${port}; the task permits ${LOOPBACK}, for others run ` +
          `deno run --allow-read --allow-env --allow-net=${hostname} viz/main.ts serve`,
        { cause },
      );
    }
    throw new UserError(`cannot listen at ${hostname}:${port}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

/**
 * Refuses what the page itself would not send: long addresses, other pages' requests, and other names for this machine,
 * by which a foreign site could pass for this one (DNS rebinding).
 */
function checkRequest(request: Request, host: string): URL {
  const url = addressOf(request);
  if (url.href.length > LONGEST_URL) throw new RequestError(414, `an address longer than ${LONGEST_URL} characters`);
  if (isLoopback(host) && !isLoopback(url.hostname.replace(/^\[(.*)\]$/, "$1"))) {
    throw new RequestError(403, `requests for ${url.hostname} are not answered; open http://${LOOPBACK}:${url.port}/`);
  }
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== url.origin) throw new RequestError(403, "requests of other pages are not answered");
  return url;
}

function addressOf(request: Request): URL {
  try {
    return new URL(request.url); // made from the Host header, which may be anything
  } catch {
    throw new RequestError(400, "the request has no valid address");
  }
}
