/** The most scratch memory that convolutions need on the device, for plans made without one. */
import type { ConvGeometry } from "../backend.ts";
import type { ConvDirection } from "../counting_backend.ts";
import { convolutionProblem, tensorBytes } from "./conv/problem.ts";
import type { Precision } from "../precision.ts";

/** Most scratch memory of one convolution's plan, whatever the limit of all memory. */
const WORKSPACE_LIMIT_BYTES = 2 ** 30;
/** The same as a share of the limit of all memory. */
const WORKSPACE_SHARE = 1 / 8;

/** Bytes that a plan may need under a memory limit; engines that need more are left out. */
export function planWorkspaceLimitBytes(memoryLimitBytes: number): number {
  return Math.floor(Math.min(WORKSPACE_LIMIT_BYTES, memoryLimitBytes * WORKSPACE_SHARE));
}

/**
 * Bound on the workspace of a convolution: the plan's, which is known on the device only, and in bfloat16 the converted
 * operands.
 */
export function plannedWorkspaceBytes(
  precision: Precision,
  memoryLimitBytes: number,
): (geometry: ConvGeometry, direction: ConvDirection) => number {
  const plan = planWorkspaceLimitBytes(memoryLimitBytes);
  return (geometry, direction) => {
    if (precision !== "bf16") return plan;
    const converted = tensorBytes(convolutionProblem(geometry, direction, precision, false));
    return plan + converted.reduce((sum, bytes) => sum + bytes, 0);
  };
}
