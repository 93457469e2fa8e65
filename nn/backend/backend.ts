/**
 * What an engine is: memory, and the operations on it (`operations.ts`).
 *
 * Every operand is a {@link Span}: a buffer and where in it the operand starts. Operations may run asynchronously in
 * issue order; {@link Backend.download} waits. Outputs are overwritten unless `accumulate` says otherwise, and must not
 * overlap other operands but those whose place the table lets them take.
 */
import type { RandomKey } from "../../base/random.ts";
import type { DeviceBuffer, FloatType, Span } from "./buffer.ts";
import type { Operations } from "./calls.ts";
import type { MemoryLedger } from "./memory.ts";

export type { RandomKey };
export type { DeviceBuffer, Dtype, FloatType, Span } from "./buffer.ts";
export type * from "./operation_shapes.ts";

/** An engine. Methods throw `RangeError` on sizes that do not fit; nothing is left allocated by a failed call. */
export interface Backend extends Operations, Disposable {
  /** E.g. "cpu-wasm (4 threads)"; shown to people. */
  readonly name: string;
  /** Live and peak bytes by tag, including workspaces and threads' private memory. */
  readonly memory: MemoryLedger;
  /** Type that it wants activations of volumes and their gradients stored in; float32 if left out. */
  readonly activations?: FloatType;

  /** `byteLength` bytes, 64-byte aligned, with undefined content. @throws {OutOfMemoryError} */
  allocate(byteLength: number, tag: string): DeviceBuffer;
  /** Gives memory back (usually to a pool). A buffer is released once. */
  release(buffer: DeviceBuffer): void;
  /**
   * Runs `work`, which asks for the same memory in the same order whenever it is run with the same `key`. Engines that
   * lay such memory out have this; on others the work is run as it is.
   */
  repeated?(key: string, work: () => void): void;
  /** Copies from JavaScript; returns when `source` may be reused. */
  upload(source: ArrayBufferView, target: Span): void;
  /** Copies to JavaScript after everything issued before has finished. */
  download(source: Span, target: ArrayBufferView): void;
  /**
   * `count` float32 in the engine's memory itself, as long as their buffer is not released. Engines that compute where
   * JavaScript does have this.
   */
  view?(span: Span, count: number): Float32Array;
  /** Waits until everything issued has finished. */
  synchronize(): void;
}
