/** `deno task gpu-check`: everything that needs a GPU, in one command and one report. */
import { fromFileUrl, join, resolve } from "@std/path";
import { z } from "zod";
import { print, runCommand } from "../../../base/command.ts";
import { bundle } from "./bundle.ts";
import { check } from "./check.ts";
import { passed } from "./report.ts";

const PROJECT = fromFileUrl(new URL("../../..", import.meta.url)).replace(/\/$/, "");

await runCommand({
  name: "deno task gpu-check",
  summary:
    "Does on a GPU what the test suite cannot do without one: tests at the sizes of the paper, its training in\n" +
    "every precision measured, peak memory. Writes report.json and report.md; a part that fails, crashes or hangs does\n" +
    "not stop the others. Exit code 1 unless every part passed.",
  options: z.object({
    device: z.enum(["cuda", "webgpu"]).default("cuda").describe("what to check"),
    out: z.string().default("out/gpu-check").describe("folder of the report"),
    seconds: z.number().positive().default(480).describe("time for everything; what does not fit in is not run"),
    patience: z.number().positive().default(1).describe(
      "factor on each part's limit of time, for a slow or busy machine",
    ),
    only: z.array(z.string()).optional().describe("only parts with this in their names; may be given several times"),
    peer: z.string().optional().describe(
      "Python program with a bench of the same training, run as <program> --device cuda --quick --out <file>",
    ),
    bundle: z.string().optional().describe("instead: pack everything for a machine without Deno and internet"),
  }),
  examples: [
    ["deno task gpu-check", "about 8 minutes on a GPU of NVIDIA"],
    ["deno task gpu-check --device webgpu", "any other GPU, with nothing but its driver"],
    ["deno task gpu-check --bundle out/bundle", "then, on the machine with the GPU: sh run.sh --out report"],
  ],
  async run({ device, out, seconds, patience, only, peer, bundle: folder }) {
    if (folder !== undefined) return await bundle(PROJECT, resolve(folder), { tell: print });
    const report = await check(PROJECT, {
      ...{ engine: device, out: resolve(out), seconds, patience, only },
      peer: peer === undefined ? undefined : resolve(peer),
      onEnd: ({ name, status, seconds, message }) => {
        print(`${name.padEnd(18)} ${status.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s  ${message}`);
      },
    });
    print(`\nreport: ${join(out, "report.md")}, ${join(out, "report.json")}`);
    if (!passed(report)) Deno.exitCode = 1;
  },
}, Deno.args);
