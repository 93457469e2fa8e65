import type { KernelSpec } from "./kernel_spec.ts";

const REDUCE = "reductions";

/** Kernels of the normal distributions that a variational encoder gives. `elementwiseLaunch` but where said otherwise. */
export const GAUSSIAN_KERNELS = {
  /** sample = mean + exp(½·logVariance)·noise. */
  gaussian_sample: {
    module: REDUCE,
    parameters: [["count", "u64"], ["mean", "pointer"], ["logVariance", "pointer"], ["noise", "pointer"], [
      "sample",
      "pointer",
    ]],
  },
  /** loss `[1]` = factor·Σ(mean² + exp(logVariance) − 1 − logVariance); `SINGLE_BLOCK`. */
  gaussian_divergence: {
    module: REDUCE,
    parameters: [["count", "u64"], ["factor", "f64"], ["mean", "pointer"], ["logVariance", "pointer"], [
      "loss",
      "pointer",
    ]],
  },
  /** dx = ½·exp(½·logVariance)·noise·dy + factor·(exp(logVariance) − 1). */
  gaussian_backward: {
    module: REDUCE,
    parameters: [["count", "u64"], ["factor", "f64"], ["logVariance", "pointer"], ["noise", "pointer"], [
      "dy",
      "pointer",
    ], ["dx", "pointer"]],
  },
} as const satisfies Record<string, KernelSpec>;
