/** The CPU engine: WebAssembly SIMD on threads over one shared memory; products in machine code where that runs. */
import { MemoryLedger } from "../memory.ts";
import { EngineBackend, KERNELS } from "./engine_backend.ts";
import { ELEMENTWISE } from "./kernels/all.ts";
import { ADDRESS_SPACE_BYTES } from "./linear_memory.ts";
import type { WordFormat } from "./multiply/word_format.ts";
import type { ProductCode } from "./native/choice.ts";
import { nativeProducts, writeCode } from "./native/products.ts";
import { nativeRows } from "./native/rows/mod.ts";
import { VECTOR_SETS } from "./native/vector_set.ts";
import { WASM_PRODUCT_KERNELS, WASM_PRODUCTS } from "./products.ts";
import { openSystemEngine } from "./system_engine.ts";

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

/** See the file's comment. */
export class CpuBackend extends EngineBackend {
  /** Compiles the kernels and starts the threads. Dispose the engine to stop them. @throws {RangeError} on options */
  static async open(
    { threads, memoryLimitBytes, code = "WebAssembly", format = "float32" }: CpuBackendOptions = {},
  ): Promise<CpuBackend> {
    const count = threads ?? navigator.hardwareConcurrency;
    if (!Number.isInteger(count) || count < 1 || count > 512) {
      throw new RangeError(`the CPU engine cannot have ${count} threads; 1 to 512 are possible`);
    }
    if (format === "bfloat16" && code !== "AVX-512") throw new RangeError(`${code} has no products of bfloat16`);
    if (code === "WebAssembly") {
      const ledger = new MemoryLedger("cpu-wasm", memoryLimitBytes, ADDRESS_SPACE_BYTES);
      const engine = await openSystemEngine([...KERNELS, ...WASM_PRODUCT_KERNELS], count, ledger);
      return new CpuBackend(engine, ELEMENTWISE, WASM_PRODUCTS, "");
    }
    const vectors = VECTOR_SETS[code], ledger = new MemoryLedger("cpu-native", memoryLimitBytes, ADDRESS_SPACE_BYTES);
    const engine = await openSystemEngine(KERNELS, count, ledger, writeCode(vectors, format));
    const elementwise = { ...ELEMENTWISE, ...nativeRows(vectors) };
    const numbers = format === "bfloat16" ? "bf16, " : "";
    return new CpuBackend(engine, elementwise, nativeProducts(vectors, format), `${code}, ${numbers}`);
  }
}
