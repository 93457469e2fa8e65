/** CUDA graphs: work of a stream, written down once and launched as a whole. */
import { STREAM_CAPTURE_MODE } from "./enums.ts";
import type { Runtime } from "./runtime.ts";
import type { Stream } from "./stream.ts";

/** A graph that can be launched any number of times. What its work reads and writes has to stay where it was. */
export class Graph implements Disposable {
  readonly #runtime: Runtime;
  /** `cudaGraphExec_t`. */
  readonly #handle: bigint;
  #live = true;

  /**
   * Makes a graph of what `work` puts into the stream, none of which runs. `work` may neither wait nor ask for memory.
   * Whatever fails, the stream is as it was before.
   *
   * @throws {LibraryError} if something cannot be captured; and what `work` throws
   */
  constructor(stream: Stream, work: () => void) {
    const { runtime } = stream, { library } = runtime, captured = new BigUint64Array(1), out = new BigUint64Array(1);
    library.call.cudaStreamBeginCapture(stream.handle, STREAM_CAPTURE_MODE.ThreadLocal);
    const end = () => library.raw.cudaStreamEndCapture(stream.handle, captured);
    try {
      try {
        work();
      } catch (error) {
        end();
        throw error;
      }
      library.expect("cudaStreamEndCapture", end());
      library.call.cudaGraphInstantiateWithFlags(out, captured[0], 0n);
    } catch (error) {
      // It would be found by the next library that asks for the last error.
      runtime.clearError();
      throw error;
    } finally {
      if (captured[0] !== 0n) library.call.cudaGraphDestroy(captured[0]);
    }
    this.#runtime = runtime;
    this.#handle = out[0];
  }

  /** Puts all of it into a stream. */
  launch(stream: Stream): void {
    const { raw, expect } = this.#runtime.library;
    expect("cudaGraphLaunch", raw.cudaGraphLaunch(this.#handle, stream.handle));
  }

  /** Destroys the graph; work that it put into a stream goes on. */
  [Symbol.dispose](): void {
    if (!this.#live) return;
    this.#live = false;
    this.#runtime.library.call.cudaGraphExecDestroy(this.#handle);
  }
}
