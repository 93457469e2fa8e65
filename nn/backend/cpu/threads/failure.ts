/** How a worker that was stopped by an error tells the main thread, which may be waiting for its task: through memory. */
import { CONTROL } from "./control.ts";

const MOST_BYTES = CONTROL.end - CONTROL.error;

/** On the worker: leaves the error in the control block and wakes the main thread. The first of several stays. */
export function reportFailure({ buffer }: WebAssembly.Memory, error: unknown): void {
  const words = new Int32Array(buffer, 0, CONTROL.end / 4);
  if (Atomics.exchange(words, CONTROL.failing / 4, 1) !== 0) return;
  const text = new TextEncoder().encode(String(error)).subarray(0, MOST_BYTES);
  new Uint8Array(buffer).set(text, CONTROL.error);
  Atomics.store(words, CONTROL.failed / 4, text.length);
  Atomics.notify(words, CONTROL.done / 4);
}

/** On the main thread, after `failed` was seen: the worker's error. */
export function reportedFailure({ buffer }: WebAssembly.Memory): Error {
  const [bytes] = new Int32Array(buffer, CONTROL.failed, 1);
  return new Error(new TextDecoder().decode(new Uint8Array(buffer, CONTROL.error, bytes).slice()));
}
