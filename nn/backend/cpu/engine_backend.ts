/** The engine over one linear memory as a `Backend`: memory, transfers, and which code carries out which operation. */
import type { Backend, DeviceBuffer, Span } from "../backend.ts";
import { BYTES_PER_ELEMENT, requireInside } from "../buffer.ts";
import { type Operations, operationsWith, WithOperations } from "../calls.ts";
import { MemoryLedger } from "../memory.ts";
import { CONV_KERNELS, Convolutions } from "./conv/conv.ts";
import { Engine } from "./engine.ts";
import { ELEMENTWISE, ELEMENTWISE_KERNELS, type ElementwiseOperations } from "./kernels/all.ts";
import { ADDRESS_SPACE_BYTES, type Block, type LinearMemory } from "./linear_memory.ts";
import { kernelsOn } from "./operation.ts";
import { type ProductKernels, WASM_PRODUCT_KERNELS, WASM_PRODUCTS } from "./products.ts";
import type { Kernel } from "./threads/kernel.ts";
import { OWN_THREAD } from "./threads/thread_host.ts";

/** The kernels besides those of products. */
export const KERNELS: readonly Kernel[] = [...ELEMENTWISE_KERNELS, ...CONV_KERNELS];

/** See the file's comment. Every operation ends before it returns; results are bit-identical from run to run. */
export class EngineBackend extends WithOperations implements Backend {
  readonly name: string;
  readonly #engine: Engine;

  /** On an engine that has the kernels, which becomes its own; `code` is named before the number of threads. */
  constructor(engine: Engine, elementwise: ElementwiseOperations, products: ProductKernels, code: string) {
    super(operationsOf(engine, elementwise, products));
    this.#engine = engine;
    const { threads } = engine.pool, count = `${threads} thread${threads === 1 ? "" : "s"}`;
    this.name = `${engine.heap.ledger.engine} (${code}${count})`;
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

/** WebAssembly on this thread alone, in memory that is not shared: where there is nothing else, as in a page. */
export async function openOnOwnThread(): Promise<EngineBackend> {
  const ledger = new MemoryLedger("cpu-wasm", undefined, ADDRESS_SPACE_BYTES);
  const engine = await Engine.open([...KERNELS, ...WASM_PRODUCT_KERNELS], 1, ledger, OWN_THREAD);
  return new EngineBackend(engine, ELEMENTWISE, WASM_PRODUCTS, "");
}
