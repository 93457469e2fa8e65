/** `deno task npm-package`: makes the npm package out of the sources. */
import { z } from "zod";
import { print, runCommand } from "../../../base/command.ts";
import { buildPackage } from "./build.ts";

await runCommand({
  name: "deno task npm-package",
  summary:
    "Makes the npm package in a folder: JavaScript with types for Deno, and the tasks as one command. npm pack " +
    "or npm install <folder> take it from there.",
  options: z.object({ out: z.string().default("out/npm").describe("folder, replaced if it is there") }),
  examples: [["deno task npm-package --out out/npm && npm pack ./out/npm", "a tarball"]],
  async run({ out }) {
    print(await buildPackage(out));
  },
}, Deno.args);
