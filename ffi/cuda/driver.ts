/** The CUDA driver: devices by name, modules and functions. */
import { type CheckedLibrary, cText, openChecked } from "../checked.ts";
import { DRIVER_SYMBOLS } from "./driver_symbols.ts";

/** An open libcuda. Methods throw `LibraryError`. */
export class Driver {
  /** Functions of the library. */
  readonly library: CheckedLibrary<typeof DRIVER_SYMBOLS>;
  readonly #int: Int32Array<ArrayBuffer> = new Int32Array(1);

  /** Opens `libcuda.so.1`, by path or bare name. @throws {Error} of Deno if there is none. */
  constructor(path: string) {
    const text = new BigUint64Array(1);
    const read = (result: number) => result === 0 ? cText(Deno.UnsafePointer.create(text[0])) : "";
    const nameOf = (status: number) => read(this.library.raw.cuGetErrorName(status, text)) || "an unknown status";
    const explain = (status: number) => read(this.library.raw.cuGetErrorString(status, text));
    this.library = openChecked(path, DRIVER_SYMBOLS, { name: "NVIDIA driver", nameOf, explain });
  }

  /** Newest CUDA version that the driver knows: 1000 · major + 10 · minor. Needs no {@link initialize}. */
  version(): number {
    this.library.call.cuDriverGetVersion(this.#int);
    return this.#int[0];
  }

  /** Must come before everything below. @throws {LibraryError} `CUDA_ERROR_NO_DEVICE` without a GPU. */
  initialize(): void {
    this.library.call.cuInit(0);
  }

  /** GPUs that this process may use. */
  deviceCount(): number {
    this.library.call.cuDeviceGetCount(this.#int);
    return this.#int[0];
  }

  /** E.g. "NVIDIA H100 80GB HBM3". */
  deviceName(ordinal: number): string {
    const bytes = new Uint8Array(256);
    this.library.call.cuDeviceGetName(bytes, bytes.length, this.#device(ordinal));
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }

  /** Memory of a device in bytes. */
  totalMemoryBytes(ordinal: number): number {
    const out = new BigUint64Array(1);
    this.library.call.cuDeviceTotalMem_v2(out, this.#device(ordinal));
    return Number(out[0]);
  }

  /** Compute capability, e.g. [9, 0]. */
  computeCapability(ordinal: number): [major: number, minor: number] {
    const device = this.#device(ordinal);
    const read = (attribute: number) => {
      this.library.call.cuDeviceGetAttribute(this.#int, attribute, device);
      return this.#int[0];
    };
    return [read(COMPUTE_CAPABILITY_MAJOR), read(COMPUTE_CAPABILITY_MINOR)];
  }

  #device(ordinal: number): number {
    this.library.call.cuDeviceGet(this.#int, ordinal);
    return this.#int[0];
  }
}

/** `CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR` and `…_MINOR`. */
const COMPUTE_CAPABILITY_MAJOR = 75, COMPUTE_CAPABILITY_MINOR = 76;
