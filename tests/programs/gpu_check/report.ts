/** What `deno task gpu-check` finds out: the content of report.json. */
import type { AdapterFacts } from "../../../nn/backend/webgpu/device_link.ts";
import type { PhaseRow } from "../bench/cuda_bench.ts";
import type { TapTest } from "./tap.ts";

/** The engine that the check is of. */
export type CheckedEngine = "cuda" | "webgpu";

/** A GPU as CUDA tells it. */
export interface CudaGpu {
  readonly name: string;
  readonly capability: readonly [major: number, minor: number];
  readonly multiprocessors: number;
  readonly totalBytes: number;
  /** Newest CUDA version of the driver: 1000 · major + 10 · minor. */
  readonly driverVersion: number;
}

/** What is known about the GPU and its libraries; see `facts.ts`. */
export interface DeviceReport {
  /** As `deno task doctor` prints it. */
  readonly lines: readonly string[];
  /** What is missing, with the remedy; empty if the GPU can be used. */
  readonly problems: readonly string[];
  /** The GPU, null without one. */
  readonly gpu: CudaGpu | AdapterFacts | null;
  /** What the kernel says about its NVIDIA module; null where it says nothing. */
  readonly kernelModule: string | null;
  /** E.g. "linux 6.1.0, x86_64". */
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly deno: string;
}

/** How a part ended. `crashed`: by a signal that nobody here sent. */
export type PartStatus = "passed" | "failed" | "crashed" | "timed out" | "not run";

/** A figure that a test kept. */
export interface Note {
  readonly name: string;
  readonly value: number | string;
}

/** Time of one variant of the PyTorch peer. */
export interface PeerRow {
  readonly variant: string;
  readonly phase: string;
  readonly milliseconds: number;
  readonly peakGibibytes: number | null;
}

/** One part of the check. */
export interface PartReport {
  readonly name: string;
  readonly status: PartStatus;
  readonly seconds: number;
  /** Why it is not "passed", else what there is to say in a line. */
  readonly message: string;
  /** The tests that came to an end, where the part is made of tests. */
  readonly tests: readonly TapTest[];
  readonly notes: readonly Note[];
  readonly bench: readonly PhaseRow[];
  readonly peer: readonly PeerRow[];
  /** The end of what a part printed that did not pass, or whose words are its result; "" otherwise. */
  readonly output: string;
}

/** The whole check. */
export interface GpuReport {
  readonly version: string;
  /** Commit of the sources; "" if it is not known. */
  readonly revision: string;
  /** When it began, ISO 8601. */
  readonly started: string;
  readonly seconds: number;
  readonly device: DeviceReport | null;
  readonly parts: readonly PartReport[];
}

/** Whether every part passed. */
export function passed({ parts }: GpuReport): boolean {
  return parts.every(({ status }) => status === "passed");
}
