/** Memory on the device and pinned memory on the host, owned by objects. */
import type { Runtime } from "./runtime.ts";

/** Device memory from construction to disposal; 256-byte aligned. */
export class DeviceMemory implements Disposable {
  /** First byte on the device. */
  readonly address: bigint;
  readonly #runtime: Runtime;
  #live = true;

  /** `byteLength` > 0. @throws {LibraryError} e.g. `cudaErrorMemoryAllocation`, which is cleared. */
  constructor(runtime: Runtime, readonly byteLength: number) {
    if (!Number.isSafeInteger(byteLength) || byteLength <= 0) throw new RangeError(`${byteLength} bytes on the device`);
    this.#runtime = runtime;
    this.address = allocate(
      (out, size) => runtime.library.raw.cudaMalloc(out, size),
      "cudaMalloc",
      runtime,
      byteLength,
    );
  }

  /** Frees it; the driver waits for work that uses it. */
  [Symbol.dispose](): void {
    if (!this.#live) return;
    this.#live = false;
    this.#runtime.library.call.cudaFree(this.address);
  }
}

/** Page-locked host memory, which the device reads and writes without a copy in between. */
export class PinnedMemory implements Disposable {
  /** First byte, as host and device see it. */
  readonly address: bigint;
  readonly #runtime: Runtime;
  #bytes: Uint8Array<ArrayBuffer> | null;

  /** `byteLength` > 0. @throws {LibraryError} */
  constructor(runtime: Runtime, readonly byteLength: number) {
    if (!Number.isSafeInteger(byteLength) || byteLength <= 0) {
      throw new RangeError(`${byteLength} bytes of pinned memory`);
    }
    this.#runtime = runtime;
    this.address = allocate(
      (out, size) => runtime.library.raw.cudaMallocHost(out, size),
      "cudaMallocHost",
      runtime,
      byteLength,
    );
    const pointer = Deno.UnsafePointer.create(this.address);
    if (pointer === null) throw new Error("cudaMallocHost gave a null pointer");
    this.#bytes = new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, byteLength));
  }

  /** The memory itself, no copy; not to be kept beyond the owner's life. @throws {TypeError} after disposal. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (!this.#bytes) throw new TypeError("pinned memory is used after it was freed");
    return this.#bytes;
  }

  /** Frees it; the driver waits for copies that use it. */
  [Symbol.dispose](): void {
    if (!this.#bytes) return;
    this.#bytes = null;
    this.#runtime.library.call.cudaFreeHost(this.address);
  }
}

function allocate(
  call: (out: BigUint64Array<ArrayBuffer>, size: bigint) => number,
  functionName: string,
  runtime: Runtime,
  byteLength: number,
): bigint {
  const out = new BigUint64Array(1);
  const status = call(out, BigInt(byteLength));
  // A failed allocation leaves an error that the next query would report as its own.
  if (status !== 0) runtime.clearError();
  runtime.library.expect(functionName, status);
  return out[0];
}
