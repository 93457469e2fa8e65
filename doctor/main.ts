/** `deno task doctor`: whether this machine can compute with CUDA and what it lacks, and what else there is. */
import { z } from "zod";
import { print, runCommand } from "../base/command.ts";
import { UserError } from "../base/errors.ts";
import { mpiLines } from "./mpi_report.ts";
import { diagnose } from "./report.ts";
import { selfTest } from "./self_test.ts";
import { webGpuLines } from "./webgpu_report.ts";

await runCommand({
  name: "deno task doctor",
  summary: "Says whether this machine can compute with CUDA: driver, GPUs, libraries, and a numeric self-test.\n" +
    "Lists the adapters of WebGPU, which needs none of these, and the MPIs that several processes can train with.",
  options: z.object({
    device: z.int().min(0).default(0).describe("GPU of the self-test"),
  }),
  examples: [["deno task doctor", "look at everything, test the first GPU"]],
  async run({ device }) {
    const { lines, problems, deviceCount } = diagnose();
    for (const line of [...lines, ...mpiLines(), ...await webGpuLines()]) print(line);
    const found = [...problems];
    if (found.length === 0 && device >= deviceCount) found.push(`there is no GPU cuda:${device}`);
    if (found.length === 0) {
      print(`\nSelf-test on cuda:${device} against the CPU engine`);
      for (const { precision, operation, error, limit, passed } of await selfTest(device, print)) {
        const verdict = passed ? "ok" : "WRONG";
        print(`  ${precision}  ${operation.padEnd(14)}  error ${error.toExponential(1)} (limit ${limit})  ${verdict}`);
        if (!passed) found.push(`${operation} in ${precision} is wrong: report the lines above, use --device cpu`);
      }
    }
    if (found.length > 0) throw new UserError(`CUDA cannot be used: ${found.join("; ")}`);
    print("\nCUDA can be used: deno task train --device cuda");
  },
}, Deno.args);
