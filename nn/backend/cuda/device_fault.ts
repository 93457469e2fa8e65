/**
 * Faults of the device. The call that is made next meets them, and a library answers with a refusal of its own: cuDNN
 * with the statuses of an engine that cannot do what is asked.
 */
import type { Stream } from "../../../ffi/mod.ts";
import type { Operations } from "../calls.ts";

/** The same operations, whose errors are the device's own where it broke: cuDNN's or cuBLAS' would mislead. */
export function faultsFirst(operations: Operations, stream: Stream): Operations {
  const entries = Object.entries(operations as Readonly<Record<string, (...args: unknown[]) => void>>);
  return Object.fromEntries(entries.map(([name, run]) => [name, (...args: unknown[]) => {
    try {
      run(...args);
    } catch (error) {
      stream.synchronize();
      throw error;
    }
  }])) as unknown as Operations;
}
