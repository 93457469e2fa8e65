/** How fast an engine convolves and multiplies matrices: the layers of the full preset and of the small one. */
import { parseArgs } from "@std/cli/parse-args";
import { print } from "../../../base/command.ts";
import type { Backend, ConvGeometry, Size3, Span } from "../../../nn/backend/backend.ts";
import type { ConvDirection } from "../../../nn/backend/counting_backend.ts";
import { CpuBackend } from "../../../nn/backend/cpu/cpu_backend.ts";
import { elementCount } from "../../../nn/shape.ts";
import { type Clock, medianMilliseconds, wallClock } from "./clock.ts";

/** One measured operation. */
export interface ProductRow {
  readonly name: string;
  readonly direction: ConvDirection | "A·B" | "A·Bᵀ" | "Aᵀ·B";
  /** 10⁹ floating point operations per second, by the nominal count: taps in the padding included. */
  readonly gflops: number;
  /** Median of the repetitions. */
  readonly milliseconds: number;
}

function convolution(batch: number, input: Size3, channels: number, filters: number, kernel: Size3, stride: number) {
  const padding: Size3 = [kernel[0] >> 1, kernel[1] >> 1, kernel[2] >> 1];
  const size = (axis: number) => Math.floor((input[axis] + 2 * padding[axis] - kernel[axis]) / stride) + 1;
  const output: Size3 = [size(0), size(1), size(2)];
  return { batch, input, channels, output, filters, kernel, stride, padding } satisfies ConvGeometry;
}

const SCENE: Size3 = [80, 48, 80], SMALL_SCENE: Size3 = [32, 16, 32], KERNEL: Size3 = [5, 3, 5];
const half = ([depth, height, width]: Size3, times: number): Size3 => {
  const by = 2 ** times;
  return [depth / by, height / by, width / by];
};

/** Layers of the full preset at batch 2, and of the small one at batch 8. */
export const CONVOLUTIONS: Readonly<Record<string, ConvGeometry>> = {
  "conv1 12→64": convolution(2, SCENE, 12, 64, KERNEL, 2),
  "conv2 64→128": convolution(2, half(SCENE, 1), 64, 128, KERNEL, 2),
  "conv3 128→256": convolution(2, half(SCENE, 2), 128, 256, KERNEL, 2),
  "conv4 256→512": convolution(2, half(SCENE, 3), 256, 512, KERNEL, 2),
  "code 512→16": convolution(2, half(SCENE, 4), 512, 16, [1, 1, 1], 1),
  "code 16→512": convolution(2, half(SCENE, 4), 16, 512, [1, 1, 1], 1),
  "refiner 12→32": convolution(2, SCENE, 12, 32, [3, 3, 3], 1),
  "refiner 32→32": convolution(2, SCENE, 32, 32, [3, 3, 3], 1),
  "refiner 32→12": convolution(2, SCENE, 32, 12, [3, 3, 3], 1),
  "small conv1 12→16": convolution(8, SMALL_SCENE, 12, 16, KERNEL, 2),
  "small conv2 16→32": convolution(8, half(SMALL_SCENE, 1), 16, 32, KERNEL, 2),
  "small conv3 32→64": convolution(8, half(SMALL_SCENE, 2), 32, 64, KERNEL, 2),
  "small conv4 64→128": convolution(8, half(SMALL_SCENE, 3), 64, 128, KERNEL, 2),
};

/** Sizes m, n, k of products. */
export const PRODUCTS: readonly (readonly [m: number, n: number, k: number])[] = [
  [4096, 1200, 1024],
  [20, 38400, 1200],
  [1200, 38400, 20],
  [20, 750, 750],
];

/** Median milliseconds of `run`, repeated for about `budgetMilliseconds`. */
function measure(clock: Clock, budgetMilliseconds: number, run: () => void): number {
  clock(run);
  return medianMilliseconds(clock, Math.max(3, Math.min(200, Math.ceil(budgetMilliseconds / clock(run)))), run);
}

/** Buffers of normal numbers for the duration of `body`. */
export function withOperands(backend: Backend, counts: readonly number[], body: (...spans: Span[]) => void): void {
  const spans = counts.map((count, stream) => {
    const span = { buffer: backend.allocate(count * 4, "bench"), byteOffset: 0 };
    backend.randomNormal({ count, seed: 1, stream, iteration: 0, mean: 0, deviation: 1 }, { x: span });
    return span;
  });
  body(...spans);
  for (const { buffer } of spans) backend.release(buffer);
}

/** How {@link benchConvolutions} and {@link benchProducts} measure. */
export interface ProductBench {
  /** Only what has this in its name. */
  readonly filter?: string;
  /** The wall's if left out. */
  readonly clock?: Clock;
  /** For each of them; 400 if left out. */
  readonly budgetMilliseconds?: number;
}

/** Measures all directions of {@link CONVOLUTIONS}. */
export function benchConvolutions(
  backend: Backend,
  { filter = "", clock = wallClock(backend), budgetMilliseconds = 400 }: ProductBench = {},
): ProductRow[] {
  return Object.entries(CONVOLUTIONS).filter(([name]) => name.includes(filter)).flatMap(([name, geometry]) => {
    const { batch, input, channels, output, filters, kernel } = geometry, rows: ProductRow[] = [];
    const positions = batch * elementCount(output) * filters, taps = elementCount(kernel) * channels;
    withOperands(backend, [batch * elementCount(input) * channels, filters * taps, positions], (x, w, y) => {
      const shape = { geometry, accumulate: false };
      const directions: [ConvDirection, () => void][] = [
        ["forward", () => backend.convForward(shape, { input: x, filter: w, output: y })],
        ["inputGradient", () => backend.convInputGradient(shape, { dOutput: y, filter: w, dInput: x })],
        ["filterGradient", () => backend.convFilterGradient(shape, { input: x, dOutput: y, dFilter: w })],
      ];
      for (const [direction, run] of directions) {
        // Results of one direction are operands of the next; keep them small.
        const milliseconds = measure(clock, budgetMilliseconds, run);
        rows.push({ name, direction, gflops: 2 * positions * taps / milliseconds / 1e6, milliseconds });
        const [count, result] = direction === "forward" ? [positions, y] : [batch * elementCount(input) * channels, x];
        if (direction !== "filterGradient") {
          const random = { count, seed: 1, stream: 9, iteration: 0, mean: 0, deviation: 1 };
          backend.randomNormal(random, { x: result });
        }
      }
    });
    return rows;
  });
}

/** Measures {@link PRODUCTS} with and without transposition. */
export function benchProducts(
  backend: Backend,
  { filter = "", clock = wallClock(backend), budgetMilliseconds = 400 }: ProductBench = {},
): ProductRow[] {
  const variants = [["A·B", false, false], ["A·Bᵀ", false, true], ["Aᵀ·B", true, false]] as const;
  return PRODUCTS.flatMap(([m, n, k]) => {
    const name = `gemm ${m}×${n}×${k}`;
    return variants.filter(() => name.includes(filter)).map(([direction, transposeA, transposeB]): ProductRow => {
      const shape = { batch: 1, m, n, k, transposeA, transposeB, accumulate: false };
      let milliseconds = 0;
      withOperands(backend, [m * k, k * n, m * n], (a, b, c) => {
        milliseconds = measure(clock, budgetMilliseconds, () => backend.gemm(shape, { a, b, c }));
      });
      return { name, direction, gflops: 2 * m * n * k / milliseconds / 1e6, milliseconds };
    });
  });
}

/** The rows as text, one per operation; with `mostGflops` the share of it. */
export function productTable(rows: readonly ProductRow[], mostGflops?: number): string {
  return rows.map(({ name, direction, gflops, milliseconds }) => {
    const speed = `${gflops.toFixed(gflops < 100 ? 1 : 0).padStart(6)} GFLOP/s`;
    const share = mostGflops === undefined ? "" : ` ${(100 * gflops / mostGflops).toFixed(0).padStart(3)} %`;
    return `${name.padEnd(22)} ${direction.padEnd(15)} ${speed}${share} ${milliseconds.toFixed(3).padStart(10)} ms`;
  }).join("\n");
}

if (import.meta.main) {
  const { threads, filter = "" } = parseArgs(Deno.args, { string: ["threads", "filter"] }) as Record<string, string>;
  using backend = await CpuBackend.open(threads === undefined ? {} : { threads: Number(threads) });
  print(backend.name);
  print(productTable([...benchConvolutions(backend, { filter }), ...benchProducts(backend, { filter })]));
}
