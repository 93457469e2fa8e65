/** The engine on WebGPU: any GPU that a driver of Vulkan, Metal or Direct3D 12 is there for. */
import type { Backend, DeviceBuffer, Span } from "../backend.ts";
import { BYTES_PER_ELEMENT } from "../buffer.ts";
import { type Operations, operationsWith, WithOperations } from "../calls.ts";
import { GPU_LIMIT_BYTES, MemoryLedger } from "../memory.ts";
import type { AdapterFacts, DeviceLink } from "./device_link.ts";
import { elementwiseOperations } from "./elementwise_operations.ts";
import { Launcher } from "./launcher.ts";
import { Loops } from "./loops.ts";
import { lossOperations } from "./loss_operations.ts";
import { normOperations } from "./norm_operations.ts";
import { BufferPool, type Place } from "./pool.ts";
import { productOperations } from "./product_operations.ts";
import { rowOperations } from "./row_operations.ts";
import { WorkerLink } from "./worker_link.ts";

/** Options of {@link WebGpuBackend.open}. */
export interface WebGpuOptions {
  /** Most memory of the device to hold; WebGPU does not tell how much there is. Default {@link GPU_LIMIT_BYTES}. */
  readonly memoryLimitBytes?: number;
  /** Most bytes of a buffer that a kernel may see, for tests; default and upper bound: the adapter's. */
  readonly bindingLimitBytes?: number;
}

/** Operations are queued and return at once; downloads wait. Results are bit-identical from run to run. */
export class WebGpuBackend extends WithOperations implements Backend {
  readonly name: string;
  readonly #link: DeviceLink;
  readonly #pool: BufferPool;
  readonly #launcher: Launcher;

  /** An engine on a device that is open. It owns the link. */
  constructor(link: DeviceLink, options: WebGpuOptions = {}) {
    const { memoryLimitBytes = GPU_LIMIT_BYTES, bindingLimitBytes = Infinity } = options;
    const pool = new BufferPool(link, new MemoryLedger("webgpu", memoryLimitBytes));
    const launcher = new Launcher(link, Math.min(bindingLimitBytes, link.facts.bindingLimitBytes));
    super(operationsOf(pool, new Loops(launcher, pool)));
    this.#link = link;
    this.#pool = pool;
    this.#launcher = launcher;
    this.name = `webgpu (${link.facts.name})`;
  }

  /** Opens the system's fastest adapter in a thread of its own. @throws {UserError} if there is none */
  static open(options: WebGpuOptions = {}): WebGpuBackend {
    return new WebGpuBackend(new WorkerLink(), options);
  }

  get memory(): MemoryLedger {
    return this.#pool.ledger;
  }

  /** The adapter that computes. */
  get adapter(): AdapterFacts {
    return this.#link.facts;
  }

  /** How often the device was asked for memory, kernels that were compiled, dispatches. */
  get diagnostics(): { allocations: number; kernels: number; launches: number } {
    const { kernels, launches } = this.#launcher;
    return { allocations: this.#pool.allocations, kernels, launches };
  }

  /** Seconds that the device computes what `work` asks for, by its own time stamps; null where it has none. */
  deviceSeconds(work: () => void): number | null {
    return this.#link.time(work);
  }

  allocate(byteLength: number, tag: string): DeviceBuffer {
    return this.#pool.allocate(byteLength, tag);
  }

  release(buffer: DeviceBuffer): void {
    this.#pool.release(buffer);
  }

  upload(source: ArrayBufferView, target: Span): void {
    uploadTo(this.#pool, this, source, this.#pool.place(target, source.byteLength, "u8", 1));
  }

  download(source: Span, target: ArrayBufferView): void {
    const { byteLength } = target, { block, byteOffset } = this.#pool.place(source, byteLength, "u8", 1);
    if (byteLength === 0) return this.synchronize();
    const skipped = byteOffset % 4, words = new Uint8Array(Math.ceil((skipped + byteLength) / 4) * 4);
    this.#link.read(block.number, byteOffset - skipped, words);
    new Uint8Array(target.buffer, target.byteOffset, byteLength).set(words.subarray(skipped, skipped + byteLength));
  }

  synchronize(): void {
    this.#link.finish();
  }

  /** Ends the device, and with it all of its memory. */
  [Symbol.dispose](): void {
    this.#link[Symbol.dispose]();
  }
}

function operationsOf(pool: BufferPool, loops: Loops): Operations {
  const operations = operationsWith<Record<"f32" | "u8", Place>>({
    ...elementwiseOperations(loops, (source, target) => uploadTo(pool, operations, source, target)),
    ...rowOperations(loops),
    ...normOperations(loops),
    ...lossOperations(loops),
    ...productOperations(loops),
  }, (span, dtype, count) => pool.place(span, count * BYTES_PER_ELEMENT[dtype], dtype, BYTES_PER_ELEMENT[dtype]));
  return operations;
}

/** The device is written to in words: what begins or ends within one goes by way of a buffer of its own. */
function uploadTo(pool: BufferPool, { copy }: Pick<Operations, "copy">, source: ArrayBufferView, target: Place): void {
  const { byteLength } = source, words = byteLength % 4 === 0 && target.byteOffset % 4 === 0;
  if (byteLength === 0) return;
  const bytes = new Uint8Array(Math.ceil(byteLength / 4) * 4);
  bytes.set(new Uint8Array(source.buffer, source.byteOffset, byteLength));
  const { block, byteOffset } = target;
  if (words) return pool.link.send({ do: "upload", buffer: block.number, byteOffset, bytes });
  const staging = pool.allocate(byteLength, "upload staging");
  pool.link.send({ do: "upload", buffer: staging.number, byteOffset: 0, bytes });
  copy({ byteLength }, { x: { buffer: staging, byteOffset: 0 }, y: { buffer: block, byteOffset } });
  pool.release(staging);
}
