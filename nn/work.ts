/**
 * Work on an engine that needs what the engine computed on its way: a generator, which stops wherever that is so. Who
 * runs it waits for the engine, or awaits it where a thread must not wait, and may leave it there.
 */
import type { Backend } from "./backend/backend.ts";
import type { Tensor } from "./tensor.ts";

/** The content of a tensor is wanted in `target`, which has as many elements of its type. */
export interface Wanted {
  readonly tensor: Tensor;
  readonly target: Float32Array | Uint8Array;
}

/** Work that comes to a result. It goes on when it has what it wanted; ended before, it gives its memory back. */
export type Work<T> = Generator<Wanted, T, void>;

/** An engine in a thread that must not wait for it. */
export interface AwaitedEngine {
  readonly backend: Backend;
  /** Fills the target with what everything issued before leaves in the tensor. @throws {UserError} if the device fails */
  fetch(wanted: Wanted): Promise<void>;
}

/** The content of a tensor of float32. */
export function* float32Of(tensor: Tensor): Work<Float32Array<ArrayBuffer>> {
  const target = new Float32Array(tensor.size);
  yield { tensor, target };
  return target;
}

/** The content of a tensor of labels. */
export function* uint8Of(tensor: Tensor): Work<Uint8Array<ArrayBuffer>> {
  const target = new Uint8Array(tensor.size);
  yield { tensor, target };
  return target;
}

/** The result of work, for which this thread waits. */
export function finished<T>(work: Work<T>): T {
  try {
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
      const { tensor, target } = step.value;
      tensor.storage.backend.download(tensor, target);
    }
  } finally {
    end(work);
  }
}

/**
 * The result of work, for which this thread does not wait.
 *
 * @param fetch fills the target. What it throws, such as that nobody wants the result any more, ends the work.
 */
export async function awaited<T>(work: Work<T>, fetch: (wanted: Wanted) => Promise<void>): Promise<T> {
  try {
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
      await fetch(step.value);
    }
  } finally {
    end(work);
  }
}

/** Gives back the memory of work that was left; of no effect on what has ended. */
function end<T>(work: Work<T>): void {
  work.return(undefined as T);
}
