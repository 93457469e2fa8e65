/** What a dry run knows of this engine: the most scratch memory that convolutions need, and how volumes are stored. */
import type { FloatType } from "../backend.ts";
import type { PlannedEngine } from "../counting_backend.ts";
import { convertedOperands, convolutionProblem, tensorBytes } from "./conv/problem.ts";
import type { Precision } from "../precision.ts";

/** Most scratch memory of one convolution's plan, whatever the limit of all memory. */
const WORKSPACE_LIMIT_BYTES = 2 ** 30;
/** The same as a share of the limit of all memory. */
const WORKSPACE_SHARE = 1 / 8;

/** Bytes that a plan may need under a memory limit; engines that need more are left out. */
export function planWorkspaceLimitBytes(memoryLimitBytes: number): number {
  return Math.floor(Math.min(WORKSPACE_LIMIT_BYTES, memoryLimitBytes * WORKSPACE_SHARE));
}

/** Type that volumes of activations and their gradients are stored in. */
export function activationsOf(precision: Precision): FloatType {
  return precision === "bf16" ? "bf16" : "f32";
}

/**
 * The engine of a dry run. Workspaces are bounds: the plan's, which is known on the device only, and in bfloat16 that of
 * the operands that are converted.
 */
export function plannedCuda(precision: Precision, memoryLimitBytes: number): Required<PlannedEngine> {
  const plan = planWorkspaceLimitBytes(memoryLimitBytes);
  return {
    activations: activationsOf(precision),
    workspaceBytes(geometry, direction, types) {
      if (precision !== "bf16") return plan;
      const bytes = tensorBytes(convolutionProblem(geometry, direction, precision, false));
      return convertedOperands(types).reduce((sum, index) => sum + bytes[index], plan);
    },
  };
}
