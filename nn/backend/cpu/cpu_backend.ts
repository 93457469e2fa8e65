/** The CPU engine: WebAssembly SIMD on threads over one shared memory; products in machine code where that runs. */
import type { ConvGeometry, GemmShape, Span } from "../backend.ts";
import { MemoryLedger } from "../memory.ts";
import { CONV_KERNELS, Convolutions } from "./conv/conv.ts";
import { convSizes } from "./conv/geometry.ts";
import { ElementwiseBackend } from "./elementwise_backend.ts";
import { Engine } from "./engine.ts";
import { ELEMENTWISE_KERNELS } from "./kernels/all.ts";
import type { WordFormat } from "./multiply/word_format.ts";
import { type ProductKernels, WASM_PRODUCT_KERNELS, WASM_PRODUCTS } from "./products.ts";
import type { ProductCode } from "./native/choice.ts";
import { nativeProducts, writeCode } from "./native/products.ts";
import { nativeRows } from "./native/rows/mod.ts";
import { VECTOR_SETS } from "./native/vector_set.ts";
import { type RowOperations, WASM_ROWS } from "./row_operations.ts";
import { MAXIMUM_PAGES } from "./wasm/mod.ts";

/** Options of {@link CpuBackend.open}. */
export interface CpuBackendOptions {
  /** Number of threads, the calling one included; default: one per core. Results do not depend on it. */
  readonly threads?: number;
  /** Most memory that it hands out; default and upper bound: 4 GiB, the address space of WebAssembly. */
  readonly memoryLimitBytes?: number;
  /** Code of the products; default: WebAssembly. The processor must have the instructions. */
  readonly code?: ProductCode;
  /** What products round their operands to; default: float32. bfloat16 needs AVX-512 and AVX512-BF16. */
  readonly format?: WordFormat;
}

const KERNELS = [...ELEMENTWISE_KERNELS, ...CONV_KERNELS];
const ADDRESS_SPACE_BYTES = MAXIMUM_PAGES * 65536;

/** See the file's comment. Every operation ends before it returns; results are bit-identical from run to run. */
export class CpuBackend extends ElementwiseBackend {
  readonly #convolutions: Convolutions;

  private constructor(
    engine: Engine,
    readonly products: ProductKernels,
    readonly code: ProductCode,
    readonly format: WordFormat,
    rows: RowOperations,
  ) {
    super(engine, rows);
    this.#convolutions = new Convolutions(engine, products);
  }

  /** Compiles the kernels and starts the threads. Dispose the engine to stop them. @throws {RangeError} on options */
  static async open(
    { threads, memoryLimitBytes, code = "WebAssembly", format = "float32" }: CpuBackendOptions = {},
  ): Promise<CpuBackend> {
    const count = threads ?? navigator.hardwareConcurrency;
    if (!Number.isInteger(count) || count < 1 || count > 512) {
      throw new RangeError(`the CPU engine cannot have ${count} threads; 1 to 512 are possible`);
    }
    if (format === "bfloat16" && code !== "AVX-512") throw new RangeError(`${code} has no products of bfloat16`);
    const limit = Math.min(memoryLimitBytes ?? ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES);
    if (code === "WebAssembly") {
      const ledger = new MemoryLedger("cpu-wasm", limit);
      return new CpuBackend(
        await Engine.open([...KERNELS, ...WASM_PRODUCT_KERNELS], count, ledger),
        WASM_PRODUCTS,
        code,
        format,
        WASM_ROWS,
      );
    }
    const vectors = VECTOR_SETS[code], ledger = new MemoryLedger("cpu-native", limit);
    const engine = await Engine.open(KERNELS, count, ledger, writeCode(vectors, format));
    return new CpuBackend(engine, nativeProducts(vectors, format), code, format, nativeRows(vectors));
  }

  get name(): string {
    const { threads } = this.engine.pool, count = `${threads} thread${threads === 1 ? "" : "s"}`;
    if (this.code === "WebAssembly") return `cpu-wasm (${count})`;
    return `cpu-native (${this.code}, ${this.format === "bfloat16" ? "bf16, " : ""}${count})`;
  }

  convForward(geometry: ConvGeometry, input: Span, filter: Span, output: Span): void {
    this.#convolutions.forward(geometry, ...this.#operands(geometry, input, filter, output));
  }

  /** dInput (+)= the gradient; see `Backend.convInputGradient`. */
  convInputGradient(geometry: ConvGeometry, dOutput: Span, filter: Span, dInput: Span, accumulate: boolean): void {
    const [result, weights, gradient] = this.#operands(geometry, dInput, filter, dOutput);
    this.#convolutions.inputGradient(geometry, gradient, weights, result, accumulate);
  }

  /** dFilter (+)= the gradient; see `Backend.convFilterGradient`. */
  convFilterGradient(geometry: ConvGeometry, input: Span, dOutput: Span, dFilter: Span, accumulate: boolean): void {
    const [volume, result, gradient] = this.#operands(geometry, input, dFilter, dOutput);
    this.#convolutions.filterGradient(geometry, volume, gradient, result, accumulate);
  }

  /** c (+)= op(a)·op(b); see `Backend.gemm`. */
  gemm(shape: GemmShape, a: Span, b: Span, c: Span, accumulate: boolean): void {
    const { m, n, k } = shape;
    this.products.gemm(
      this.engine,
      shape,
      this.floats(a, m * k),
      this.floats(b, k * n),
      this.floats(c, m * n),
      accumulate,
    );
  }

  #operands(geometry: ConvGeometry, input: Span, filter: Span, output: Span): [number, number, number] {
    const sizes = convSizes(geometry);
    return [this.floats(input, sizes.input), this.floats(filter, sizes.filter), this.floats(output, sizes.output)];
  }
}
