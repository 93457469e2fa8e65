/** Every convolution of the paper's training. */
import type { ConvolutionProblem } from "../../ffi/mod.ts";
import type { ConvGeometry } from "../../nn/backend/backend.ts";
import type { ConvDirection } from "../../nn/backend/counting_backend.ts";
import { convolutionProblem } from "../../nn/backend/cuda/conv/problem.ts";
import type { Precision } from "../../nn/backend/precision.ts";
import { resolveOptions } from "../../run/options.ts";
import { memoryPlan } from "../../train/memory_plan.ts";

type Convolution = [geometry: ConvGeometry, direction: ConvDirection];

/** Those of both stages at the paper's sizes, from a dry run. */
export function paperConvolutions(): Convolution[] {
  const found = new Map<string, Convolution>();
  const options = resolveOptions([{ source: "test", values: { preset: "full", device: "cpu" } }]);
  const workspaceBytes = (...[geometry, direction]: Convolution) => {
    found.set(JSON.stringify([geometry, direction]), [geometry, direction]);
    return 0;
  };
  memoryPlan(options, { workspaceBytes });
  return [...found.values()];
}

/** The same as cuDNN is asked for them: gradients that overwrite and gradients that are added. */
export function paperProblems(precision: Precision): ConvolutionProblem[] {
  // In bfloat16 gradients of filters, which are float32, are added when they are converted.
  const sums = { forward: false, inputGradient: true, filterGradient: precision !== "bf16" };
  return paperConvolutions().flatMap(([geometry, operation]) =>
    (sums[operation] ? [false, true] : [false]).map((accumulate) =>
      convolutionProblem(geometry, operation, precision, accumulate)
    )
  );
}
