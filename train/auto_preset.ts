/** What `--preset auto` comes to on this machine. */
import { format } from "@std/fmt/bytes";
import { plannedWorkspace } from "../nn/backend/open.ts";
import { memoryLimitBytes, type TrainOptions } from "../run/config.ts";
import { memoryPlan } from "./memory_plan.ts";
import type { PresetName } from "../run/presets.ts";

/** Least memory of a GPU that "auto" chooses the paper's sizes for: a card sold with 12 GB has a little less in GiB. */
const LEAST_GPU_BYTES = 12e9;

/** A preset with the reason, for people. */
export interface PresetChoice {
  /** What was chosen. */
  readonly preset: PresetName;
  /** E.g. `cuda:0 has 23.5 GiB, the plan takes 5.4 GiB`. */
  readonly why: string;
}

/**
 * The paper's sizes on a GPU of 12 GB or more, if their plan stays below the memory limit; else those for a processor.
 *
 * @param full the run's options as they would be with the preset `full`, on the scenes at hand.
 * @param gpuBytes memory of the GPU; null on a processor, or where nobody tells.
 */
export function choosePreset(full: TrainOptions, gpuBytes: number | null): PresetChoice {
  if (gpuBytes === null) {
    const who = full.device === "webgpu" ? "WebGPU does not tell its memory" : "a processor computes";
    return { preset: "small", why: `${who}; full, the paper's, is for a GPU of 12 GB or more` };
  }
  const has = `${full.device} has ${size(gpuBytes)}`;
  if (gpuBytes < LEAST_GPU_BYTES) return { preset: "small", why: `${has}; full, the paper's, is for 12 GB or more` };
  const limit = Math.min(memoryLimitBytes(full), gpuBytes);
  const plans = memoryPlan(full, plannedWorkspace(full.device, full.precision, limit), limit);
  const most = Math.max(0, ...plans.map(({ peakBytes }) => peakBytes));
  const takes = `the plan of full, the paper's, takes ${size(most)}`;
  return most <= limit
    ? { preset: "full", why: `${has}, ${takes}; --preset small is done in minutes` }
    : { preset: "small", why: `${takes}, the limit is ${size(limit)}` };
}

function size(bytes: number): string {
  return format(bytes, { binary: true, maximumFractionDigits: 1 });
}
