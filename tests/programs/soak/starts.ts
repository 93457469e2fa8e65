/** Starts the paper's networks on the CPU engine again and again beside busy processes. */
import { fromFileUrl } from "@std/path";
import { z } from "zod";
import { print, runCommand } from "../../../base/command.ts";
import { UserError } from "../../../base/errors.ts";
import { busyProcesses } from "../../helpers/busy_processes.ts";

const START = fromFileUrl(new URL("./start.ts", import.meta.url));

await runCommand({
  name: "deno run -A tests/programs/soak/starts.ts",
  summary: "Starts the full preset at batch 2, the least, in processes of their own: none may fail.",
  options: z.object({
    count: z.int().min(1).default(50).describe("starts"),
    iterations: z.int().min(0).max(1).default(1).describe("0: only the engine and the networks with their weights"),
    busy: z.int().min(0).default(16).describe("processes that keep the machine busy meanwhile"),
    niceness: z.int().min(0).max(19).default(0).describe("of the busy processes"),
    threads: z.int().min(2).default(Math.max(2, navigator.hardwareConcurrency)).describe("of the engine"),
  }),
  run: async ({ count, iterations, busy, niceness, threads }) => {
    using _busy = busyProcesses(busy, niceness);
    const started = performance.now();
    let failures = 0;
    for (let start = 1; start <= count; start++) {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--quiet", START, `${threads}`, `${iterations}`],
        ...{ stdin: "null", stdout: "null", stderr: "piped", env: { NO_COLOR: "1" } },
      }).output();
      if (code !== 0) {
        failures++;
        print(`start ${start} failed: ${new TextDecoder().decode(stderr)}`);
      }
    }
    const seconds = Math.round((performance.now() - started) / 1000);
    print(`${failures} of ${count} starts failed beside ${busy} busy processes, in ${seconds} s`);
    if (failures > 0) throw new UserError("starts failed; the errors are above");
  },
}, Deno.args);
