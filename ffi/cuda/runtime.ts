/** The CUDA runtime: versions, devices, memory. */
import { type CheckedLibrary, cText, openChecked } from "../checked.ts";
import { DEVICE_ATTRIBUTE } from "./enums.ts";
import { RUNTIME_SYMBOLS } from "./runtime_symbols.ts";

/** Name of a device attribute that {@link Runtime.attribute} reads. */
export type DeviceAttribute = keyof typeof DEVICE_ATTRIBUTE;

/** Free and total memory of the current device as the driver reports them. */
export interface MemoryInfo {
  /** Bytes that can be allocated. */
  readonly freeBytes: number;
  /** Bytes of the device. */
  readonly totalBytes: number;
}

/** Waits for work that other processes have a part in: asks `passed` until it is true, or throws. */
export type Waiting = (passed: () => boolean) => void;

/** An open libcudart. Methods throw `LibraryError`. */
export class Runtime {
  /** How streams and events are waited for; null where the library waits, for ever if need be. */
  waiting: Waiting | null = null;
  /** Functions of the library. */
  readonly library: CheckedLibrary<typeof RUNTIME_SYMBOLS>;
  readonly #int: Int32Array<ArrayBuffer> = new Int32Array(1);
  readonly #sizes: BigUint64Array<ArrayBuffer> = new BigUint64Array(2);

  /** Opens `libcudart.so.12` or `.13` at an absolute path. */
  constructor(path: string) {
    const nameOf = (status: number) => cText(this.library.raw.cudaGetErrorName(status));
    const explain = (status: number) => cText(this.library.raw.cudaGetErrorString(status));
    this.library = openChecked(path, RUNTIME_SYMBOLS, { name: "CUDA runtime", nameOf, explain });
  }

  /** 1000 · major + 10 · minor, e.g. 13000; needs no device. */
  version(): number {
    this.library.call.cudaRuntimeGetVersion(this.#int);
    return this.#int[0];
  }

  /** Newest CUDA version that the driver knows, as {@link version}; 0 without a driver. */
  driverVersion(): number {
    this.library.call.cudaDriverGetVersion(this.#int);
    return this.#int[0];
  }

  /** GPUs that this process may use. */
  deviceCount(): number {
    this.library.call.cudaGetDeviceCount(this.#int);
    return this.#int[0];
  }

  /** Makes a device current for this thread and starts its context. */
  setDevice(device: number): void {
    this.library.call.cudaSetDevice(device);
  }

  /** A number that describes a device. */
  attribute(name: DeviceAttribute, device: number): number {
    this.library.call.cudaDeviceGetAttribute(this.#int, DEVICE_ATTRIBUTE[name], device);
    return this.#int[0];
  }

  /** Memory of the current device. */
  memoryInfo(): MemoryInfo {
    this.library.call.cudaMemGetInfo(this.#sizes.subarray(0, 1), this.#sizes.subarray(1, 2));
    return { freeBytes: Number(this.#sizes[0]), totalBytes: Number(this.#sizes[1]) };
  }

  /**
   * Clears the error that the last failed call left behind, so that no later call reports it again. Errors that broke
   * the context stay.
   */
  clearError(): void {
    this.library.raw.cudaGetLastError();
  }
}
