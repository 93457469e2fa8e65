/** `deno task bench`: a machine's convolutions, passes over memory, iterations and peak memory. */
import { z } from "zod";
import { print, runCommand } from "../../../base/command.ts";
import { UserError } from "../../../base/errors.ts";
import { writeFileAtomic } from "../../../base/files.ts";
import { alignedTable } from "../../../base/table.ts";
import { PRECISIONS } from "../../../nn/backend/precision.ts";
import { ordinalOf, resolveDevice } from "../../../nn/backend/device_name.ts";
import { GENERATOR_NAMES } from "../../../nn/models/config.ts";
import { OptionsSchema } from "../../../run/config.ts";
import { resolveOptions } from "../../../run/options.ts";
import { PRESET_NAMES } from "../../../run/presets.ts";
import { benchCpu } from "./cpu_bench.ts";
import { benchLoader, loaderTable } from "./loader.ts";
import { benchCuda, type PhaseRow } from "./cuda_bench.ts";
import { benchWebGpu } from "./webgpu_bench.ts";
import { isText, OPERATION_HEADS, operationCells, phaseLine } from "./cuda_table.ts";

await runCommand({
  name: "deno task bench",
  summary: "Measures an engine on this machine; medians; close other programs first.\n" +
    "CPU: GFLOP/s of each convolution, GB/s of the passes between them, seconds per training iteration, peak memory.\n" +
    "WebGPU: the same, beside the CPU's iterations; if it is faster --device auto takes it from then on.\n" +
    "GPU: whole iterations of both stages, and every operation in them with time, TFLOP/s, GB/s and cuDNN's plan.",
  options: z.object({
    device: OptionsSchema.shape.device.default("cpu"),
    threads: OptionsSchema.shape.threads,
    cpuEngine: OptionsSchema.shape.cpuEngine,
    only: z.enum(["convolutions", "elementwise", "iterations", "engines", "share", "base", "refine", "loader"])
      .optional()
      .describe(
        "measure only this; base and refine are for a GPU, loader (scenes/s) is of neither, the others for the CPU; engines sets its codes beside each other, share looks at a training beside busy processes",
      ),
    busy: z.int().min(1).default(8).describe("CPU, share: processes that keep the machine busy"),
    filter: z.string().default("").describe(
      "CPU: only convolutions, products and workloads with this in the name; GPU: show only such operations",
    ),
    count: z.int().min(1).default(5).describe("iterations of each workload; at least 3 on a GPU"),
    precision: z.enum(["all", ...PRECISIONS]).default("all").describe("number format; on the CPU all means fp32"),
    preset: z.enum(PRESET_NAMES).default("full").describe("GPU: sizes of networks and batches"),
    generator: z.enum(GENERATOR_NAMES).optional().describe("GPU: first layer of the generator [the preset's]"),
    batch: z.int().min(1).optional().describe("GPU: scenes of the base stage [the preset's]"),
    refineBatch: z.int().min(1).optional().describe("GPU: scenes of the refine stage [the preset's]"),
    seconds: z.number().positive().default(10).describe("GPU: most time for the iterations of a stage"),
    cudaGraphs: OptionsSchema.shape.cudaGraphs,
    json: z.string().optional().describe("GPU: file for the figures"),
  }),
  examples: [
    ["deno task bench --only iterations --filter full", "iterations of the paper's networks at batch 2 on the CPU"],
    ["deno task bench --only engines --count 3", "start-up, iterations, scaling and products of each code of the CPU"],
    ["deno task bench --only share --busy 8", "how much of its fair share of the cores a training keeps"],
    ["deno task bench --only loader", "scenes per second from packs and loose files, and how small packs are"],
    ["deno task bench --device webgpu --only iterations", "is WebGPU worth using on this machine?"],
    ["deno task bench --device cuda --precision tf32", "the paper's training on the first GPU"],
  ],
  async run(options) {
    const device = resolveDevice(options.device), { only } = options;
    if (only === "loader") {
      return print(loaderTable(await benchLoader(options.threads || Math.min(4, navigator.hardwareConcurrency))));
    }
    const cuda = ordinalOf(device) !== null;
    if ((only === "base" || only === "refine") !== cuda && only !== undefined) {
      throw new UserError(`--only ${only} is not measured on ${device}; see --help`);
    }
    const onProcessor = { ...options, threads: options.threads || undefined };
    if (device === "cpu") return await benchCpu(onProcessor);
    if (device === "webgpu") return await benchWebGpu(onProcessor);
    const { preset, generator, batch, refineBatch, cudaGraphs, count, seconds, filter, json } = options;
    const rows: PhaseRow[] = [];
    for (const precision of options.precision === "all" ? PRECISIONS : [options.precision]) {
      const values = { preset, generator, device, precision, batch, refineBatch, cudaGraphs };
      await benchCuda(resolveOptions([{ source: "the command line", values }]), {
        ...{ count, seconds, notice: print },
        phases: only === "base" || only === "refine" ? [only] : undefined,
        async onPhase(row) {
          rows.push(row);
          print(phaseLine(row));
          const cells = operationCells(row.operations).filter(([operation]) => operation.includes(filter));
          print(alignedTable([OPERATION_HEADS, ...cells], isText) + "\n");
          if (json !== undefined) await writeFileAtomic(json, JSON.stringify(rows, null, 1));
        },
      });
    }
  },
}, Deno.args);
