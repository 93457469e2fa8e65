/** Names of engines, as options and flags have them. */
import { UserError } from "../../base/errors.ts";
import { cudaProblem, totalMemoryBytes } from "./cuda/device.ts";

/** An engine: the processor, or a GPU by its number. */
export type DeviceName = "cpu" | `cuda:${number}`;

/** What `--device` takes: "auto", "cpu", "cuda" (the first GPU) or "cuda:1". */
export const DEVICE_PATTERN: RegExp = /^(auto|cpu|cuda|cuda:\d{1,3})$/;

/**
 * The engine that a name means: "auto" is the first GPU if a driver and all libraries are found, else the processor.
 * Without a driver that takes about a millisecond; no device is touched.
 *
 * @throws {UserError} for a name that is none.
 */
export function resolveDevice(name: string): DeviceName {
  if (!DEVICE_PATTERN.test(name)) throw new UserError(`device ${name}: expected auto, cpu, cuda or cuda:<number>`);
  if (name === "auto") return cudaProblem() === null ? "cuda:0" : "cpu";
  return name === "cpu" ? "cpu" : `cuda:${Number(name.split(":")[1] ?? 0)}`;
}

/** Number of the GPU, or null for the processor. */
export function ordinalOf(device: DeviceName): number | null {
  return device === "cpu" ? null : Number(device.slice("cuda:".length));
}

/** Memory of the GPU in bytes, 0 if it cannot be asked; null for the processor. */
export function gpuMemoryBytes(device: DeviceName): number | null {
  const ordinal = ordinalOf(device);
  return ordinal === null ? null : totalMemoryBytes(ordinal);
}
