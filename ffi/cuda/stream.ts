/** Streams: queues of work on the device; and events: marks in them. */
import { EVENT_FLAGS, MEMCPY_KIND, RUNTIME_STATUS, STREAM_NON_BLOCKING } from "./enums.ts";
import type { Runtime } from "./runtime.ts";

/** A stream that does not wait for the default stream. */
export class Stream implements Disposable {
  /** `cudaStream_t`; the driver's `CUstream` is the same. */
  readonly handle: bigint;
  #mark: Event | null = null;
  #live = true;

  /** Makes a stream on the current device. @throws {LibraryError} */
  constructor(readonly runtime: Runtime) {
    const out = new BigUint64Array(1);
    runtime.library.call.cudaStreamCreateWithFlags(out, STREAM_NON_BLOCKING);
    this.handle = out[0];
  }

  /** Waits until everything in the stream has finished; reports errors of the work. */
  synchronize(): void {
    const { waiting, library: { raw, expect } } = this.runtime;
    if (!waiting) return expect("cudaStreamSynchronize", raw.cudaStreamSynchronize(this.handle));
    const mark = this.#mark ??= new Event(this.runtime);
    mark.record(this);
    mark.synchronize();
  }

  /** Later work in this stream waits for `event`. */
  wait(event: Event): void {
    const { raw, expect } = this.runtime.library;
    expect("cudaStreamWaitEvent", raw.cudaStreamWaitEvent(this.handle, event.handle, 0));
  }

  /** Copies `byteLength` bytes between addresses of the kinds that `direction` names. */
  copy(direction: keyof typeof MEMCPY_KIND, target: bigint, source: bigint, byteLength: number): void {
    const { raw, expect } = this.runtime.library;
    const kind = MEMCPY_KIND[direction];
    expect("cudaMemcpyAsync", raw.cudaMemcpyAsync(target, source, BigInt(byteLength), kind, this.handle));
  }

  /** Sets `byteLength` bytes of device memory to the byte `value`. */
  fillBytes(target: bigint, value: number, byteLength: number): void {
    const { raw, expect } = this.runtime.library;
    expect("cudaMemsetAsync", raw.cudaMemsetAsync(target, value, BigInt(byteLength), this.handle));
  }

  /** Destroys the stream; the driver finishes what is in it. */
  [Symbol.dispose](): void {
    if (!this.#live) return;
    this.#live = false;
    this.#mark?.[Symbol.dispose]();
    this.runtime.library.call.cudaStreamDestroy(this.handle);
  }
}

/** A mark in a stream. */
export class Event implements Disposable {
  /** `cudaEvent_t`. */
  readonly handle: bigint;
  readonly #runtime: Runtime;
  #live = true;

  /** `timing`: whether {@link millisecondsSince} will be asked; marks without are cheaper. */
  constructor(runtime: Runtime, timing = false) {
    const out = new BigUint64Array(1);
    runtime.library.call.cudaEventCreateWithFlags(out, timing ? EVENT_FLAGS.Default : EVENT_FLAGS.DisableTiming);
    this.#runtime = runtime;
    this.handle = out[0];
  }

  /** Puts the mark behind everything in `stream` so far. */
  record(stream: Stream): void {
    const { raw, expect } = this.#runtime.library;
    expect("cudaEventRecord", raw.cudaEventRecord(this.handle, stream.handle));
  }

  /** Whether the device has passed the mark; reports errors of the work before it. */
  passed(): boolean {
    const { raw, expect } = this.#runtime.library, status = raw.cudaEventQuery(this.handle);
    if (status === RUNTIME_STATUS.ErrorNotReady) return false;
    expect("cudaEventQuery", status);
    return true;
  }

  /** Waits until the device has passed the mark. */
  synchronize(): void {
    const { waiting, library: { raw, expect } } = this.#runtime;
    if (waiting) waiting(() => this.passed());
    else expect("cudaEventSynchronize", raw.cudaEventSynchronize(this.handle));
  }

  /** Device time between two recorded and passed marks; resolution about 0.5 µs. */
  millisecondsSince(start: Event): number {
    const out = new Float32Array(1);
    this.#runtime.library.call.cudaEventElapsedTime(out, start.handle, this.handle);
    return out[0];
  }

  /** Destroys the mark. */
  [Symbol.dispose](): void {
    if (!this.#live) return;
    this.#live = false;
    this.#runtime.library.call.cudaEventDestroy(this.handle);
  }
}
