/** A static site of the shipped model, from a host that sends files and nothing else. */
import { extname, join } from "@std/path";
import { SHIPPED_MODEL } from "../../../run/shipped_model.ts";
import { writeSite } from "../../../viz/site/write_site.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
};

/** A site below a folder of its host, as sites of projects are. Dispose it to stop the host and remove the files. */
export class HostedSite implements AsyncDisposable {
  private constructor(readonly folder: TemporaryFolder, readonly server: Deno.HttpServer<Deno.NetAddr>) {}

  static async start(): Promise<HostedSite> {
    const folder = await TemporaryFolder.make(), below = "rooms";
    await writeSite(SHIPPED_MODEL, join(folder.path, below));
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
      const { pathname } = new URL(url), name = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
      const content = await Deno.readFile(join(folder.path, name)).catch(() => null);
      if (content === null) return new Response("there is no such file", { status: 404 });
      const type = TYPES[extname(name)] ?? "application/octet-stream";
      return new Response(content, { headers: { "content-type": type } });
    });
    return new HostedSite(folder, server);
  }

  /** Of the page. */
  get address(): string {
    return `http://127.0.0.1:${this.server.addr.port}/rooms/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.shutdown();
    await this.folder[Symbol.asyncDispose]();
  }
}
