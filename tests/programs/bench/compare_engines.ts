/**
 * The codes of the CPU engine beside each other, on one thread. Operations take turns and are measured by the process's
 * time on the processor, so that other programs disturb little.
 */
import process from "node:process";
import { print } from "../../../base/command.ts";
import type { Backend, Span } from "../../../nn/backend/backend.ts";
import { CpuBackend } from "../../../nn/backend/cpu/cpu_backend.ts";
import { elementCount } from "../../../nn/shape.ts";
import { VECTOR_SETS } from "../../../nn/backend/cpu/native/vector_set.ts";
import type { CpuCode } from "./cpu_codes.ts";
import { CONVOLUTIONS, PRODUCTS, withOperands } from "./conv.ts";
import { type PeakLoop, peakLoop } from "./peak.ts";

/** Turns of each operation; the median counts. */
const TURNS = 5;
/** A turn repeats an operation until it has done about so many floating point operations. */
const TURN_OPERATIONS = 2e9;

/** Prints a table of GFLOP/s, and for machine code the share of what multiply-adds on registers alone reached. */
export async function compareProducts(codes: readonly CpuCode[], filter: string): Promise<void> {
  using owned = new DisposableStack();
  const engines: Engine[] = [];
  for (const { name, ...options } of codes) {
    const vectors = Object.values(VECTOR_SETS).find((set) => set.name === options.code);
    engines.push({
      name,
      backend: owned.use(await CpuBackend.open({ threads: 1, ...options })),
      loop: vectors ? owned.use(peakLoop(vectors.name, options.format)) : null,
    });
  }
  print(tableLine(["operation", ...codes.map(({ name }) => name), `${codes[0].name} / ${codes.at(-1)!.name}`]));
  print(`|${" --- |".repeat(codes.length + 2)}`);
  for (const [name, geometry] of Object.entries(CONVOLUTIONS).filter(([name]) => name.includes(filter))) {
    const { batch, input, channels, output, filters, kernel } = geometry;
    const taps = elementCount(kernel) * channels, outputs = batch * elementCount(output) * filters;
    const counts = [batch * elementCount(input) * channels, filters * taps, outputs], operations = 2 * outputs * taps;
    compare(engines, `${name} forward`, operations, counts, (backend, x, w, y) => {
      backend.convForward({ geometry }, { input: x, filter: w, output: y });
    });
    compare(engines, `${name} input gradient`, operations, counts, (backend, x, w, y) => {
      backend.convInputGradient({ geometry, accumulate: false }, { dOutput: y, filter: w, dInput: x });
    });
    compare(engines, `${name} filter gradient`, operations, counts, (backend, x, w, y) => {
      backend.convFilterGradient({ geometry, accumulate: false }, { input: x, dOutput: y, dFilter: w });
    });
  }
  for (const [m, n, k] of PRODUCTS.filter((sizes) => `product ${sizes.join("×")}`.includes(filter))) {
    const shape = { batch: 1, m, n, k, transposeA: false, transposeB: false, accumulate: false };
    compare(engines, `product ${m}×${n}×${k}`, 2 * m * n * k, [m * k, k * n, m * n], (backend, x, w, y) => {
      backend.gemm(shape, { a: x, b: w, c: y });
    });
  }
}

/** One of the engines that are compared, with its loop of multiply-adds. */
interface Engine {
  readonly name: string;
  readonly backend: Backend;
  readonly loop: PeakLoop | null;
}

/** A line of a Markdown table. */
export function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

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

/** One row. `counts`: sizes of x, w and y. */
function compare(
  engines: readonly Engine[],
  name: string,
  operations: number,
  counts: readonly number[],
  run: Operation,
): void {
  const ready: (() => void)[] = [];
  /** Allocates on one engine after the other, and measures while all have their operands. */
  function prepare(index: number): void {
    if (index === engines.length) return measure(engines, name, operations, ready);
    const { backend } = engines[index];
    withOperands(backend, counts, (x, w, y) => {
      ready.push(() => run(backend, x, w, y));
      prepare(index + 1);
    });
  }
  prepare(0);
}

function measure(engines: readonly Engine[], name: string, operations: number, runs: readonly (() => void)[]): void {
  const speeds = engines.map((): number[] => []), shares = engines.map((): number[] => []);
  for (let turn = 0; turn < TURNS; turn++) {
    engines.forEach(({ loop }, index) => {
      const most = loop ? speed(() => loop.run(1e5)) : NaN;
      const found = speed(() => {
        runs[index]();
        return operations;
      });
      speeds[index].push(found);
      shares[index].push(found / most);
    });
  }
  const cells = engines.map(({ loop }, index) =>
    median(speeds[index]).toFixed(0) + (loop ? ` (${(median(shares[index]) * 100).toFixed(0)} %)` : "")
  );
  print(tableLine([name, ...cells, `${(median(speeds[0]) / median(speeds.at(-1)!)).toFixed(1)}×`]));
}
