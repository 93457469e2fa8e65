/** The scripts of the page, bundled for browsers by Deno, and its other files. */
import { fromFileUrl } from "@std/path";
import { UserError } from "../../base/errors.ts";

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly content: string;
}

/** The files of the page by the path that they are requested at. Takes a fraction of a second; do it once. */
export async function pageAssets(): Promise<ReadonlyMap<string, Asset>> {
  const [html, style, script] = await Promise.all([pageFile("index.html"), pageFile("style.css"), bundleScript()]);
  return new Map([
    ["/", { type: "text/html; charset=utf-8", content: html }],
    ["/style.css", { type: "text/css; charset=utf-8", content: style }],
    ["/main.js", { type: "text/javascript; charset=utf-8", content: script }],
  ]);
}

function pageFile(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`./page/${name}`, import.meta.url));
}

async function bundleScript(): Promise<string> {
  const remedy = "run `deno cache viz/viewer/page/main.ts` once with network access, with Deno 2.4 or newer";
  let result: Deno.bundle.Result;
  try {
    result = await Deno.bundle({
      entrypoints: [fromFileUrl(new URL("./page/main.ts", import.meta.url))],
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
