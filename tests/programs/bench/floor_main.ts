/**
 * `deno run -A tests/programs/bench/floor_main.ts`: tables of docs/bench.md about the CUDA engine that need no GPU. On the
 * emulated device (FCR_CUDA_PATH) also what an iteration asks of the libraries.
 */
import { print } from "../../../base/command.ts";
import { markdownTable } from "../../../base/table.ts";
import { PRECISIONS } from "../../../nn/backend/precision.ts";
import { resolveOptions } from "../../../run/options.ts";
import { conversionBytes, countedIteration, totalOf } from "./counted_iteration.ts";
import { floorMilliseconds, GPU_PEAKS, multiplies } from "./floor.ts";
import { COUNTED_FUNCTIONS, countLaunches } from "./launches.ts";

const PHASES = ["base", "refine"] as const;
const work: string[][] = [[
  "stage",
  "precision",
  "operations",
  "TFLOP of products",
  "GFLOP of the rest",
  "GB of products",
  "GB of the rest",
  "GB of conversions",
]];
const floors: string[][] = [["stage", "precision", ...GPU_PEAKS.map(({ name }) => name)]];
for (const phase of PHASES) {
  for (const precision of PRECISIONS) {
    const options = resolveOptions([{ source: "bench", values: { preset: "full", device: "cpu", precision } }]);
    const counts = [...countedIteration(options, phase)];
    const sum = (products: boolean) =>
      totalOf(counts.filter(([name]) => multiplies(name) === products).map(([, count]) => count));
    const products = sum(true), rest = sum(false);
    const batch = `${phase}, batch ${phase === "base" ? options.batch : options.refineBatch}`;
    work.push([
      ...[batch, precision, String(products.calls + rest.calls), (products.floatOperations / 1e12).toFixed(2)],
      ...[rest.floatOperations, products.bytesTouched, rest.bytesTouched, conversionBytes(options, phase)].map((
        count,
      ) => (count / 1e9).toFixed(1)),
    ]);
    floors.push([batch, precision, ...GPU_PEAKS.map((gpu) => floorMilliseconds(counts, precision, gpu).toFixed(1))]);
  }
}
print(`Work of an iteration, full preset\n\n${markdownTable(work)}\n\n`);
print(`Floor of an iteration in milliseconds, by arithmetic\n\n${markdownTable(floors)}\n\n`);

if (Deno.env.get("FCR_CUDA_PATH")) {
  const { callsOf } = await import("../../nn/backend/cuda/emulated/control.ts");
  const rows: string[][] = [["stage", "precision", "graphs", ...COUNTED_FUNCTIONS]];
  for (const phase of PHASES) {
    for (const precision of PRECISIONS) {
      for (const graphs of [false, true]) {
        const calls = await countLaunches(precision, phase, "tiny", graphs, callsOf);
        rows.push([phase, precision, graphs ? "on" : "off", ...COUNTED_FUNCTIONS.map((name) => String(calls[name]))]);
      }
    }
  }
  print(`Calls of an iteration\n\n${markdownTable(rows)}`);
}
