/** The CPU engine's part of `deno task bench`. */
import { format as formatBytes } from "@std/fmt/bytes";
import { print } from "../../../base/command.ts";
import type { CpuEngineName } from "../../../nn/backend/cpu/native/choice.ts";
import type { Precision } from "../../../nn/backend/precision.ts";
import { openBackend } from "../../../nn/backend/open.ts";
import { benchConvolutions, benchProducts, productTable } from "./conv.ts";
import { benchElementwise, elementwiseTable } from "./elementwise.ts";
import { printEngineTables } from "./engine_tables.ts";
import { benchFairShare, fairShareLines } from "./fair_share.ts";
import { benchIterations, type IterationRow, WORKLOADS } from "./iterations.ts";

/** Seconds of each turn of the fair share, long enough that every thread has many. */
const SHARE_SECONDS = 5;

/** What to measure: see the flags of `deno task bench`. */
export interface CpuBenchOptions {
  readonly threads?: number;
  readonly cpuEngine: CpuEngineName;
  readonly only?: string;
  readonly filter: string;
  readonly count: number;
  readonly busy: number;
  readonly precision: Precision | "all";
}

/** Measures and prints as it goes. */
export async function benchCpu(
  { threads, cpuEngine, only, filter, count, busy, precision }: CpuBenchOptions,
): Promise<void> {
  const { model, cores } = processor();
  if (only === "engines") {
    print(`${model}, ${cores} cores`);
    return await printEngineTables(filter, count, threads ?? cores);
  }
  const format = precision === "all" ? "fp32" : precision;
  using backend = await openBackend("cpu", { threads, cpuEngine, precision: format, notice: print });
  print(`${backend.name} on ${model}, ${cores} cores`);
  if (only === "share") {
    for (const { name, values } of WORKLOADS.filter(({ name }) => name.includes(filter || "small"))) {
      const row = await benchFairShare(backend, { ...values }, { busy, turns: count, seconds: SHARE_SECONDS });
      print(fairShareLines(name, row, busy, threads ?? cores, cores));
    }
    return;
  }
  const wanted = (part: string) => only === undefined || only === part;
  if (wanted("convolutions")) {
    print(productTable([...benchConvolutions(backend, { filter }), ...benchProducts(backend, { filter })]));
  }
  if (wanted("elementwise")) print(elementwiseTable(benchElementwise(backend)));
  if (!wanted("iterations")) return;
  for (const { name, values } of WORKLOADS.filter(({ name }) => name.includes(filter))) {
    for (const row of benchIterations(backend, name, { ...values }, count)) print(iterationLine(row));
  }
}

/** A row for people. */
export function iterationLine({ preset, phase, batch, secondsPerIteration, peakBytes }: IterationRow): string {
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
