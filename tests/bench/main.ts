/** `deno task bench`: this machine's convolutions, passes over memory, iterations and peak memory. */
import { format as formatBytes } from "@std/fmt/bytes";
import { z } from "zod";
import { print, runCommand } from "../../base/command.ts";
import { CPU_ENGINES } from "../../nn/backend/cpu/native/choice.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { benchConvolutions, benchProducts, productTable } from "./conv.ts";
import { benchElementwise, elementwiseTable } from "./elementwise.ts";
import { benchIterations, type IterationRow, WORKLOADS } from "./iterations.ts";

await runCommand({
  name: "deno task bench",
  summary: "Measures the CPU engine on this machine: GFLOP/s of each convolution, GB/s of the passes between them,\n" +
    "seconds per training iteration and peak memory of the presets. Medians; close other programs first.",
  options: z.object({
    threads: z.int().min(1).optional().describe("threads [one per core]"),
    cpuEngine: z.enum(CPU_ENGINES).default("auto").describe("native for machine code, wasm for WebAssembly"),
    only: z.enum(["convolutions", "elementwise", "iterations"]).optional().describe("measure only this"),
    filter: z.string().default("").describe("measure only convolutions, products and workloads with this in the name"),
    count: z.int().min(1).default(5).describe("iterations of each workload"),
  }),
  examples: [["deno task bench --only iterations --filter full", "iterations of the paper's networks at batch 2"]],
  async run({ threads, cpuEngine, only, filter, count }) {
    using backend = await openBackend("cpu", { threads, cpuEngine, notice: print });
    const { model, cores } = processor();
    print(`${backend.name} on ${model}, ${cores} cores`);
    const wanted = (part: string) => only === undefined || only === part;
    if (wanted("convolutions")) {
      print(productTable([...benchConvolutions(backend, filter), ...benchProducts(backend, filter)]));
    }
    if (wanted("elementwise")) print(elementwiseTable(benchElementwise(backend)));
    if (!wanted("iterations")) return;
    for (const { name, values } of WORKLOADS.filter(({ name }) => name.includes(filter))) {
      for (const row of benchIterations(backend, name, { ...values }, count)) print(iterationLine(row));
    }
  },
}, Deno.args);

function iterationLine({ preset, phase, batch, secondsPerIteration, peakBytes }: IterationRow): string {
  const speed = `${secondsPerIteration.toFixed(3)} s/it  ${(1 / secondsPerIteration).toPrecision(3)} it/s`;
  const memory = formatBytes(peakBytes, { binary: true, maximumFractionDigits: 2 });
  return `${preset.padEnd(24)} ${phase.padEnd(6)} batch ${String(batch).padStart(2)}  ${speed}  peak ${memory}`;
}

/** Name of the processor as Linux tells it, and the number of cores. */
function processor(): { model: string; cores: number } {
  const cores = navigator.hardwareConcurrency;
  try {
    const info = Deno.readTextFileSync("/proc/cpuinfo");
    return { model: /^model name\s*:\s*(.*)$/m.exec(info)?.[1] ?? "unknown processor", cores };
  } catch {
    return { model: `${Deno.build.arch} processor`, cores };
  }
}
