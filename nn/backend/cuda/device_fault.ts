/**
 * Faults of the device. The call that is made next meets them, and a library answers with a refusal of its own: cuDNN
 * with the statuses of an engine that cannot do what is asked.
 */
import type { Stream } from "../../../ffi/mod.ts";
import type { Operations } from "../calls.ts";

/** Does `work`, whose errors are the device's own where it broke. */
export function reportingFaults(stream: Stream, work: () => void): void {
  try {
    work();
  } catch (error) {
    stream.synchronize();
    throw error;
  }
}

/** The same operations, whose errors are the device's own where it broke: cuDNN's or cuBLAS' would mislead. */
export function faultsFirst(operations: Operations, stream: Stream): Operations {
  const entries = Object.entries(operations as Readonly<Record<string, (...args: unknown[]) => void>>);
  return Object.fromEntries(
    entries.map(([name, run]) => [name, (...args: unknown[]) => reportingFaults(stream, () => run(...args))]),
  ) as unknown as Operations;
}
