/** Compiled kernels on the device. */
import { cString } from "../checked.ts";
import type { ArgumentArena } from "./argument_arena.ts";
import type { Driver } from "./driver.ts";

/** Blocks of a grid or threads of a block. */
export type Dimensions = readonly [x: number, y: number, z: number];

/** A loaded module. A context must be current (`Runtime.setDevice`). */
export class Module implements Disposable {
  readonly #driver: Driver;
  readonly #handle: bigint;
  #live = true;

  /** `image`: a cubin, or PTX text with a NUL at its end. @throws {LibraryError} */
  constructor(driver: Driver, image: Uint8Array<ArrayBuffer>) {
    const out = new BigUint64Array(1);
    driver.library.call.cuModuleLoadData(out, image);
    this.#driver = driver;
    this.#handle = out[0];
  }

  /** The kernel of a C name; lives as long as the module. @throws {LibraryError} `CUDA_ERROR_NOT_FOUND`. */
  function(name: string): KernelFunction {
    const out = new BigUint64Array(1);
    this.#driver.library.call.cuModuleGetFunction(out, this.#handle, cString(name));
    return new KernelFunction(this.#driver, name, out[0]);
  }

  /** Unloads the module; its kernels must not be launched any more. */
  [Symbol.dispose](): void {
    if (!this.#live) return;
    this.#live = false;
    this.#driver.library.call.cuModuleUnload(this.#handle);
  }
}

/** A kernel that can be launched. */
export class KernelFunction {
  readonly #driver: Driver;

  /** Made by {@link Module.function}; `handle` is a `CUfunction`. */
  constructor(driver: Driver, readonly name: string, readonly handle: bigint) {
    this.#driver = driver;
  }

  /** Puts a launch into a stream, with the arguments that lie in the arena. */
  launch(
    grid: Dimensions,
    block: Dimensions,
    sharedBytes: number,
    stream: bigint,
    { addresses }: ArgumentArena,
  ): void {
    const { raw, expect } = this.#driver.library;
    const status = raw.cuLaunchKernel(
      this.handle,
      grid[0],
      grid[1],
      grid[2],
      block[0],
      block[1],
      block[2],
      sharedBytes,
      stream,
      addresses,
      null,
    );
    if (status !== 0) expect(`cuLaunchKernel(${this.name})`, status);
  }
}
