/** The viewer's server under requests that were written by nobody. */
import { assert, assertStringIncludes } from "@std/assert";
import { UniformSequence } from "../../../base/random.ts";
import { ServedTestFolder } from "./served.ts";

const REQUESTS = 600;
/** Requests that mean something, and pieces that may end up anywhere in them. */
const WHOLE = [
  "/",
  "/main.js",
  "/api/catalogue",
  "/api/volume?path=runs%2Fone%2Fevaluation%2Freal.npy&index=1",
  "/api/curves?run=runs%2Fone&width=800&smoothing=50",
  "/api/checkpoint?run=runs%2Fone",
  "/api/training?run=runs%2Fone",
  "/api/model?run=runs%2Fone",
  "/api/noise?run=runs%2Fone&seed=3",
  "/api/edit?run=runs%2Fone&count=2&edit=%7B%7D",
  "/api/replay?run=runs%2Fone",
];
const PIECES = [
  "..",
  "%2e%2e/",
  "%00",
  "%ff",
  "//",
  "\\",
  "?",
  "&",
  "=",
  "#",
  "-1",
  "1e999",
  "NaN",
  "é",
  "a".repeat(3000),
];
const METHODS = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
const SECRET = "not for the page";

Deno.test(`viewer: ${REQUESTS} mutated requests are answered or refused, and nothing outside the folder is read`, async () => {
  await using served = await ServedTestFolder.start();
  await Deno.writeTextFile(`${served.folder.path}/../fcr-secret-${Deno.pid}.npy`, SECRET);
  const numbers = new UniformSequence({ seed: 5, stream: 0, iteration: 0 });
  const below = (count: number) => Math.floor(numbers.next() * count);
  let answered = 0, refused = 0;
  try {
    for (let i = 0; i < REQUESTS; i++) {
      let path = WHOLE[below(WHOLE.length)];
      for (let faults = below(3); faults > 0; faults--) {
        const at = 1 + below(path.length), cut = below(4), piece = PIECES[below(PIECES.length)];
        path = path.slice(0, at) + piece + path.slice(at + cut);
      }
      const method = METHODS[below(METHODS.length)];
      const body = method === "POST" || method === "PUT" ? "x".repeat(below(5000)) : undefined;
      let url: URL;
      try {
        url = new URL(served.viewer.url + path.slice(1));
      } catch {
        continue; // no browser can send it
      }
      const response = await fetch(url, { method, body });
      const text = await response.text();
      assert(response.status < 500, `${method} ${path}: ${response.status} ${text}`);
      assert(!text.includes(SECRET), path);
      if (response.ok) answered++;
      else {
        refused++;
        if (method !== "HEAD") assertStringIncludes(text, '"error"', `${method} ${path}`);
      }
    }
  } finally {
    await Deno.remove(`${served.folder.path}/../fcr-secret-${Deno.pid}.npy`);
  }
  assert(answered > REQUESTS / 10 && refused > REQUESTS / 3, `${answered} answered, ${refused} refused`);
});
