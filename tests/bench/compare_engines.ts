/**
 * `deno run -A tests/bench/compare_engines.ts [filter]`: the codes of the CPU engine beside each other, on one thread, as
 * a table for docs/cpu-engine.md. Operations take turns and are measured by the process's time on the processor, so
 * that other programs disturb little.
 */
import process from "node:process";
import { print } from "../../base/command.ts";
import type { Backend, Span } from "../../nn/backend/backend.ts";
import { CpuBackend } from "../../nn/backend/cpu/cpu_backend.ts";
import { availableMachineCode } from "../../nn/backend/cpu/native/available.ts";
import type { ProductCode } from "../../nn/backend/cpu/native/choice.ts";
import { CONVOLUTIONS, PRODUCTS, volume, withOperands } from "./conv.ts";
import { peakLoop } from "./peak.ts";

/** Turns of each operation; the median counts. */
const TURNS = 5;
/** A turn repeats an operation until it has done about so many floating point operations. */
const TURN_OPERATIONS = 2e9;

const { sets } = availableMachineCode();
const codes: readonly ProductCode[] = [...sets, "WebAssembly"];
using owned = new DisposableStack();
const backends = new Map<ProductCode, Backend>();
for (const code of codes) backends.set(code, owned.use(await CpuBackend.open({ threads: 1, code })));
const loops = new Map(sets.map((name) => [name as ProductCode, owned.use(peakLoop(name))]));

/** Seconds of processor time of the whole process. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** GFLOP/s of `run`, which returns its number of operations. */
function speed(run: () => number): number {
  const start = processorSeconds();
  let done = 0;
  while (done < TURN_OPERATIONS) done += run();
  return done / (processorSeconds() - start) / 1e9;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

type Operation = (backend: Backend, x: Span, w: Span, y: Span) => void;

/** One row: GFLOP/s of each code, and the share of the peak for machine code. `counts`: sizes of x, w and y. */
function compare(name: string, operations: number, counts: readonly number[], run: Operation): void {
  const ready: (() => void)[] = [];
  /** Allocates on one engine after the other, and measures while all have their operands. */
  function prepare(code: number): void {
    if (code === codes.length) return measure(name, operations, ready);
    const backend = backends.get(codes[code])!;
    withOperands(backend, counts, (x, w, y) => {
      ready.push(() => run(backend, x, w, y));
      prepare(code + 1);
    });
  }
  prepare(0);
}

function measure(name: string, operations: number, runs: readonly (() => void)[]): void {
  const speeds = new Map(codes.map((code) => [code, [] as number[]]));
  const shares = new Map(sets.map((code) => [code as ProductCode, [] as number[]]));
  for (let turn = 0; turn < TURNS; turn++) {
    codes.forEach((code, index) => {
      const peak = loops.get(code), most = peak ? speed(() => peak.run(1e5)) : NaN;
      const found = speed(() => {
        runs[index]();
        return operations;
      });
      speeds.get(code)!.push(found);
      shares.get(code)?.push(found / most);
    });
  }
  const cells = codes.map((code) => {
    const share = shares.get(code);
    return median(speeds.get(code)!).toFixed(0) + (share ? ` (${(median(share) * 100).toFixed(0)} %)` : "");
  });
  const ratio = median(speeds.get(codes[0])!) / median(speeds.get("WebAssembly")!);
  print(`| ${[name, ...cells, `${ratio.toFixed(1)}×`].join(" | ")} |`);
}

const filter = Deno.args[0] ?? "";
print(`| ${["operation", ...codes, `${codes[0]} / WebAssembly`].join(" | ")} |`);
print(`|${" --- |".repeat(codes.length + 2)}`);
for (const [name, geometry] of Object.entries(CONVOLUTIONS).filter(([name]) => name.includes(filter))) {
  const { batch, input, channels, output, filters, kernel } = geometry;
  const taps = volume(kernel) * channels, outputs = batch * volume(output) * filters;
  const counts = [batch * volume(input) * channels, filters * taps, outputs], operations = 2 * outputs * taps;
  compare(`${name} forward`, operations, counts, (backend, x, w, y) => backend.convForward(geometry, x, w, y));
  compare(`${name} input gradient`, operations, counts, (backend, x, w, y) => {
    backend.convInputGradient(geometry, y, w, x, false);
  });
  compare(`${name} filter gradient`, operations, counts, (backend, x, w, y) => {
    backend.convFilterGradient(geometry, x, y, w, false);
  });
}
for (const [m, n, k] of PRODUCTS.filter((sizes) => `product ${sizes.join("×")}`.includes(filter))) {
  const shape = { m, n, k, transposeA: false, transposeB: false };
  compare(`product ${m}×${n}×${k}`, 2 * m * n * k, [m * k, k * n, m * n], (backend, x, w, y) => {
    backend.gemm(shape, x, w, y, false);
  });
}
