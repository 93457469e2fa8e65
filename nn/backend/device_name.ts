/** Names of engines, as options and flags have them. */
import { UserError } from "../../base/errors.ts";
import { cudaProblem, totalMemoryBytes } from "./cuda/device.ts";
import { isWebGpuFaster } from "./webgpu_speed.ts";

/** An engine: the processor, the fastest adapter of WebGPU, or one of NVIDIA's GPUs by its number. */
export type DeviceName = "cpu" | "webgpu" | `cuda:${number}`;

/** What `--device` takes: "auto", "cpu", "webgpu", "cuda" (the first GPU) or "cuda:1". */
export const DEVICE_PATTERN: RegExp = /^(auto|cpu|webgpu|cuda|cuda:\d{1,3})$/;

/** The same for people. */
export const DEVICE_NAMES = "auto, cpu, webgpu, cuda or cuda:<number>";

/**
 * The engine that a name means: "auto" is the first of NVIDIA's GPUs if a driver and all libraries are found, else
 * WebGPU where `deno task bench` found it faster, else the processor. Without a driver and such a finding that takes
 * about a millisecond, and no device is touched.
 *
 * @throws {UserError} for a name that is none.
 */
export function resolveDevice(name: string): DeviceName {
  if (!DEVICE_PATTERN.test(name)) throw new UserError(`device ${name}: expected ${DEVICE_NAMES}`);
  if (name === "auto") return cudaProblem() === null ? "cuda:0" : isWebGpuFaster() ? "webgpu" : "cpu";
  return name === "cpu" || name === "webgpu" ? name : `cuda:${Number(name.split(":")[1] ?? 0)}`;
}

/** CUDA's number of the GPU, or null for another engine. */
export function ordinalOf(device: DeviceName): number | null {
  return device === "cpu" || device === "webgpu" ? null : Number(device.slice("cuda:".length));
}

/** Memory of the GPU in bytes, 0 if it cannot be asked; null where there is none or nobody tells. */
export function gpuMemoryBytes(device: DeviceName): number | null {
  const ordinal = ordinalOf(device);
  return ordinal === null ? null : totalMemoryBytes(ordinal);
}
