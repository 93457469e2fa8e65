/** `deno task bench --only engines`: everything that tells the CPU engine's codes apart, as tables for the docs. */
import { print } from "../../../base/command.ts";
import { CpuBackend } from "../../../nn/backend/cpu/cpu_backend.ts";
import { compareProducts, tableLine } from "./compare_engines.ts";
import { type CpuCode, cpuCodes } from "./cpu_codes.ts";
import { benchIterations, WORKLOADS } from "./iterations.ts";

/** Processes that are started for each code. */
const STARTS = 5;

/** Prints one table after the other; takes some minutes. `filter`: of operations and workloads. */
export async function printEngineTables(filter: string, count: number, threads: number): Promise<void> {
  const codes = cpuCodes();
  print(
    `\nFrom the start of a process to the end of the first iteration of the small preset, seconds (least; median)\n`,
  );
  await printStartUp(codes, threads);
  print(`\nSeconds per iteration, the least of ${count}, and how much faster ${threads} threads are than one\n`);
  await printIterations(codes, filter, count, threads);
  print("\nOne thread, GFLOP/s by processor time (share of the peak measured in the same turn)\n");
  await compareProducts(codes, filter);
}

async function printIterations(codes: readonly CpuCode[], filter: string, count: number, threads: number) {
  const names = codes.map(({ name }) => name);
  print(
    tableLine(["workload", "phase", ...names.flatMap((name) => [`${name}, 1 thread`, `${threads} threads`, "ratio"])]),
  );
  print(`|${" --- |".repeat(2 + 3 * codes.length)}`);
  for (const { name, values } of WORKLOADS.filter(({ name }) => name.includes(filter))) {
    const cells: Record<"base" | "refine", string[]> = { base: [], refine: [] };
    for (const { name: _, ...code } of codes) {
      // The others would take longer than all the rest.
      if (name === "full" && code.code !== codes[0].code) {
        for (const list of Object.values(cells)) list.push("", "", "");
        continue;
      }
      const seconds: Record<"base" | "refine", number[]> = { base: [], refine: [] };
      for (const used of [1, threads]) {
        using backend = await CpuBackend.open({ threads: used, ...code });
        for (const row of benchIterations(backend, name, { ...values }, count)) {
          seconds[row.phase].push(row.leastSeconds);
        }
      }
      for (const phase of ["base", "refine"] as const) {
        const [one, all] = seconds[phase];
        cells[phase].push(one.toFixed(3), all.toFixed(3), (one / all).toFixed(2));
      }
    }
    for (const phase of ["base", "refine"] as const) print(tableLine([name, phase, ...cells[phase]]));
  }
}

async function printStartUp(codes: readonly CpuCode[], threads: number) {
  const child = new URL("./start_child.ts", import.meta.url).pathname, times = codes.map((): number[] => []);
  for (let turn = 0; turn < STARTS; turn++) {
    for (const [index, { code, format }] of codes.entries()) {
      const args = ["run", "-A", "--no-check", child, code, format, String(threads)];
      const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
      times[index].push(Number(new TextDecoder().decode(stdout)));
    }
  }
  print(tableLine(codes.map(({ name }) => name)));
  print(`|${" --- |".repeat(codes.length)}`);
  print(tableLine(times.map((seconds) => {
    const sorted = seconds.toSorted((a, b) => a - b);
    return `${sorted[0].toFixed(2)}; ${sorted[sorted.length >> 1].toFixed(2)}`;
  })));
}
