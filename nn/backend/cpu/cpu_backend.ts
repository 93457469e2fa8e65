/** The CPU engine: WebAssembly SIMD on threads over one shared memory; products in machine code where that runs. */
import type { Backend, DeviceBuffer, Span } from "../backend.ts";
import { BYTES_PER_ELEMENT, requireInside } from "../buffer.ts";
import { type Operations, operationsWith, WithOperations } from "../calls.ts";
import { MemoryLedger } from "../memory.ts";
import { CONV_KERNELS, Convolutions } from "./conv/conv.ts";
import { Engine } from "./engine.ts";
import { ELEMENTWISE, ELEMENTWISE_KERNELS, type ElementwiseOperations } from "./kernels/all.ts";
import { ADDRESS_SPACE_BYTES, type Block, type LinearMemory } from "./linear_memory.ts";
import type { WordFormat } from "./multiply/word_format.ts";
import { kernelsOn } from "./operation.ts";
import { type ProductKernels, WASM_PRODUCT_KERNELS, WASM_PRODUCTS } from "./products.ts";
import type { ProductCode } from "./native/choice.ts";
import { nativeProducts, writeCode } from "./native/products.ts";
import { nativeRows } from "./native/rows/mod.ts";
import { VECTOR_SETS } from "./native/vector_set.ts";

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

/** See the file's comment. Every operation ends before it returns; results are bit-identical from run to run. */
export class CpuBackend extends WithOperations implements Backend {
  readonly name: string;
  readonly #engine: Engine;

  private constructor(engine: Engine, operations: Operations, code: string) {
    super(operations);
    this.#engine = engine;
    const { threads } = engine.pool, count = `${threads} thread${threads === 1 ? "" : "s"}`;
    this.name = `${engine.heap.ledger.engine} (${code}${count})`;
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
    if (code === "WebAssembly") {
      const ledger = new MemoryLedger("cpu-wasm", memoryLimitBytes, ADDRESS_SPACE_BYTES);
      const engine = await Engine.open([...KERNELS, ...WASM_PRODUCT_KERNELS], count, ledger);
      return new CpuBackend(engine, operationsOf(engine, ELEMENTWISE, WASM_PRODUCTS), "");
    }
    const vectors = VECTOR_SETS[code], ledger = new MemoryLedger("cpu-native", memoryLimitBytes, ADDRESS_SPACE_BYTES);
    const engine = await Engine.open(KERNELS, count, ledger, writeCode(vectors, format));
    const elementwise = { ...ELEMENTWISE, ...nativeRows(vectors) };
    const operations = operationsOf(engine, elementwise, nativeProducts(vectors, format));
    return new CpuBackend(engine, operations, `${code}, ${format === "bfloat16" ? "bf16, " : ""}`);
  }

  get memory(): MemoryLedger {
    return this.#engine.heap.ledger;
  }

  allocate(byteLength: number, tag: string): DeviceBuffer {
    return this.#engine.heap.allocate(byteLength, tag);
  }

  release(buffer: DeviceBuffer): void {
    this.#engine.heap.release(buffer as Block);
  }

  upload(source: ArrayBufferView, target: Span): void {
    this.#bytes(target, source.byteLength).set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  }

  download(source: Span, target: ArrayBufferView): void {
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(this.#bytes(source, target.byteLength));
  }

  view(span: Span, count: number): Float32Array {
    const { heap } = this.#engine;
    return new Float32Array(heap.memory.buffer, addressOf(heap, span, count * 4, 4), count);
  }

  synchronize(): void {}

  /** Stops the threads; the memory goes when nothing refers to it any more. */
  [Symbol.dispose](): void {
    this.#engine[Symbol.dispose]();
  }

  #bytes(span: Span, byteLength: number): Uint8Array {
    const { heap } = this.#engine;
    return new Uint8Array(heap.memory.buffer, addressOf(heap, span, byteLength, 1), byteLength);
  }
}

/** Address of `span`, of which `byteLength` bytes are used. @throws {RangeError} if they are not all in a live buffer */
function addressOf(heap: LinearMemory, span: Span, byteLength: number, alignment: number): number {
  const block = span.buffer as Block;
  if (!heap.has(block)) throw new RangeError(`buffer "${block.tag}" was released or belongs to another engine`);
  requireInside(span, byteLength, alignment);
  return block.address + span.byteOffset;
}

function operationsOf(engine: Engine, elementwise: ElementwiseOperations, products: ProductKernels): Operations {
  const convolutions = new Convolutions(engine, products);
  const kernels = kernelsOn(engine, {
    ...elementwise,
    convForward: (_, { geometry }, at) => convolutions.forward(geometry, at.input, at.filter, at.output),
    convInputGradient: (_, { geometry, accumulate }, at) =>
      convolutions.inputGradient(geometry, at.dOutput, at.filter, at.dInput, accumulate),
    convFilterGradient: (_, { geometry, accumulate }, at) =>
      convolutions.filterGradient(geometry, at.input, at.dOutput, at.dFilter, accumulate),
    gemm: products.gemm,
  });
  return operationsWith(
    kernels,
    (span, dtype, count) => addressOf(engine.heap, span, count * BYTES_PER_ELEMENT[dtype], BYTES_PER_ELEMENT[dtype]),
  );
}
