/** The seam between plans and the code that carries them out: WebAssembly here, machine code in `native/`. */
import type { TapPacking, TransposedPacking } from "./conv/conv_plan.ts";
import { FILTER_PACKING_KERNELS, packFilter } from "./conv/filter_packing.ts";
import { type LinePadding, padLines } from "./conv/line_padding.ts";
import type { RoundedLines } from "./conv/rounded_lines.ts";
import type { Engine } from "./engine.ts";
import { gemm, GEMM_KERNELS } from "./gemm/gemm.ts";
import type { Block } from "./linear_memory.ts";
import type { LoadedPlan } from "./multiply/loaded_plan.ts";
import { multiply, MULTIPLY_KERNELS } from "./multiply/multiply.ts";
import { TILE, type TileSize } from "./multiply/tile_size.ts";
import type { CpuOperation } from "./operation.ts";
import type { Kernel } from "./threads/kernel.ts";

/** A set of kernels for products. Operands are addresses in the engine's memory. */
export interface ProductKernels {
  /** Size that plans have to be cut to. */
  readonly tile: TileSize;
  /** Carries out a plan; `a`, `b` and `c` are what the plan's offsets are added to. */
  multiply(engine: Engine, plan: LoadedPlan, a: number, b: number, c: number, accumulate: boolean): void;
  /** Copies lines with zeros around them. */
  padLines(engine: Engine, padding: LinePadding, source: number, target: number): void;
  /** Rounds lines to words of bfloat16; null: products are of float32. */
  readonly roundLines: ((engine: Engine, lines: RoundedLines, source: number, target: number) => void) | null;
  /** Packs a filter into panels; `taps` holds the words of a {@link TapPacking}. */
  packFilter(
    engine: Engine,
    packing: TransposedPacking | TapPacking,
    taps: Block | null,
    filter: number,
    packed: number,
  ): void;
  readonly gemm: CpuOperation<"gemm">;
}

/** Products in WebAssembly. */
export const WASM_PRODUCTS: ProductKernels = { tile: TILE, multiply, padLines, roundLines: null, packFilter, gemm };

/** The kernels of {@link WASM_PRODUCTS}. */
export const WASM_PRODUCT_KERNELS: readonly Kernel[] = [
  ...MULTIPLY_KERNELS,
  ...FILTER_PACKING_KERNELS,
  ...GEMM_KERNELS,
];
