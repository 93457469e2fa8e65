/** A cuDNN handle: where plans run. */
import type { Stream } from "../cuda/stream.ts";
import type { Cudnn } from "./library.ts";

/** A handle of the current device, bound to a stream. */
export class CudnnHandle implements Disposable {
  /** `cudnnHandle_t`. */
  readonly address: bigint;
  #live = true;

  /** Makes a handle of the current device that computes in `stream`. @throws {LibraryError} */
  constructor(readonly cudnn: Cudnn, stream: Stream) {
    const out = new BigUint64Array(1);
    cudnn.library.call.cudnnCreate(out);
    this.address = out[0];
    try {
      cudnn.library.call.cudnnSetStream(this.address, stream.handle);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Destroys the handle. */
  [Symbol.dispose](): void {
    if (!this.#live) return;
    this.#live = false;
    this.cudnn.library.call.cudnnDestroy(this.address);
  }
}
