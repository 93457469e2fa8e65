import { UserError } from "../../base/errors.ts";
import type { Backend } from "./backend.ts";
import type { PlannedEngine } from "./counting_backend.ts";
import { CpuBackend } from "./cpu/cpu_backend.ts";
import { ADDRESS_SPACE_BYTES } from "./cpu/linear_memory.ts";
import { chooseCode, type CpuEngineName } from "./cpu/native/choice.ts";
import { cpuWorkspaceBytes } from "./cpu/planned_workspace.ts";
import { plannedCuda } from "./cuda/planned_engine.ts";
import type { Precision } from "./precision.ts";
import { type DeviceName, ordinalOf } from "./device_name.ts";
import { webGpuWorkspaceBytes } from "./webgpu/planned_workspace.ts";

/** What an engine is opened with. */
export interface EngineOptions {
  /** Threads of the CPU engine; 0 for one per core. */
  readonly threads?: number;
  /** Code of the CPU engine; by default machine code where it runs, with a notice where it does not. */
  readonly cpuEngine?: CpuEngineName;
  /** Most memory that it may take. */
  readonly memoryLimitBytes?: number;
  /** Number format; the CPU engine has fp32, the default, and bf16 where the processor does; WebGPU has fp32. */
  readonly precision?: Precision;
  /** Whether results must repeat bit by bit; those of the CPU and of WebGPU always do. */
  readonly deterministic?: boolean;
  /** Whether an NVIDIA GPU may launch work that repeats as CUDA graphs; true by default, others have none. */
  readonly cudaGraphs?: boolean;
  /** Told when something works but slowly, in one line. */
  readonly notice?: (message: string) => void;
}

/** Most bytes that an engine of this device can hand out, whatever its limit: the address space of WebAssembly. */
export function addressableBytes(device: DeviceName): number {
  return device === "cpu" ? ADDRESS_SPACE_BYTES : Infinity;
}

/** The engine as a dry run knows it; workspaces are a bound for CUDA, what they take for the other engines. */
export function plannedEngine(
  device: DeviceName,
  precision: Precision,
  memoryLimitBytes: number,
  cpuEngine: CpuEngineName = "auto",
): PlannedEngine {
  if (device === "cpu") return { workspaceBytes: cpuWorkspaceBytes(cpuEngine, precision) };
  if (device === "webgpu") return { workspaceBytes: webGpuWorkspaceBytes };
  return plannedCuda(precision, memoryLimitBytes);
}

/**
 * Opens the engine for a device. Dispose it to end its threads and give its memory back.
 *
 * @throws {UserError} if the device or its libraries are missing, it has not the precision, or machine code is asked for
 *   and does not run here.
 */
export async function openBackend(device: DeviceName, options: EngineOptions = {}): Promise<Backend> {
  const { threads, cpuEngine = "auto", memoryLimitBytes, precision = "fp32" } = options;
  const { deterministic, cudaGraphs: graphs, notice } = options;
  if (device === "webgpu") {
    if (precision !== "fp32") {
      throw new UserError(
        `precision ${precision}: the webgpu engine has fp32 only; leave it out or use another device`,
      );
    }
    const { WebGpuBackend } = await import("./webgpu/webgpu_backend.ts");
    return WebGpuBackend.open({ memoryLimitBytes });
  }
  const ordinal = ordinalOf(device);
  if (ordinal === null) {
    if (precision === "tf32") {
      throw new UserError("precision tf32: the cpu engine has fp32 and bf16 only; leave it out or use a GPU");
    }
    const bfloat16 = precision === "bf16", choice = chooseCode(cpuEngine, bfloat16);
    if (choice.notice !== null) notice?.(choice.notice);
    const format = bfloat16 ? "bfloat16" : "float32";
    return await CpuBackend.open({ threads: threads || undefined, memoryLimitBytes, code: choice.code, format });
  }
  const { CudaBackend } = await import("./cuda/cuda_backend.ts");
  return await CudaBackend.open({ device: ordinal, memoryLimitBytes, precision, deterministic, graphs, notice });
}
