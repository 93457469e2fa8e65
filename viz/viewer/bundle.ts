/** The scripts of pages, bundled for browsers by Deno, and their other files. */
import { fromFileUrl } from "@std/path";
import { UserError } from "../../base/errors.ts";

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly content: string;
}

/** The files of the page by the path that they are requested at. Takes a fraction of a second; do it once. */
export async function pageAssets(): Promise<ReadonlyMap<string, Asset>> {
  const script = bundled(new URL("./page/main.ts", import.meta.url));
  const [html, style, main] = await Promise.all([pageFile("index.html"), pageFile("style.css"), script]);
  return new Map([
    ["/", { type: "text/html; charset=utf-8", content: html }],
    ["/style.css", { type: "text/css; charset=utf-8", content: style }],
    ["/main.js", { type: "text/javascript; charset=utf-8", content: main }],
  ]);
}

/** A file of the page's folder. */
export function pageFile(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`./page/${name}`, import.meta.url));
}

/** A script with all that it imports, minified. @throws {UserError} if that cannot be had */
export async function bundled(entry: URL): Promise<string> {
  const path = fromFileUrl(entry);
  const remedy = `run \`deno cache ${path}\` once with network access, with Deno 2.4 or newer`;
  let result: Deno.bundle.Result;
  try {
    result = await Deno.bundle({
      entrypoints: [path],
      platform: "browser",
      minify: true,
      write: false,
    });
  } catch (cause) {
    throw new UserError(
      `the viewer's page cannot be bundled: ${cause instanceof Error ? cause.message : cause}; ${remedy}`,
      {
        cause,
      },
    );
  }
  const [script] = result.outputFiles ?? [];
  if (result.success && script) return script.text();
  throw new UserError(
    `the viewer's page cannot be bundled: ${result.errors.map(({ text }) => text).join("; ")}; ${remedy}`,
  );
}
