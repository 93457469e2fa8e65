/** Every convolution of the paper's training. */
import type { ConvolutionProblem } from "../../ffi/mod.ts";
import type { ConvGeometry } from "../../nn/backend/backend.ts";
import type { ConvDirection } from "../../nn/backend/counting_backend.ts";
import { convolutionProblem } from "../../nn/backend/cuda/conv/problem.ts";
import type { Precision } from "../../nn/backend/precision.ts";
import { resolveOptions } from "../../run/options.ts";
import { memoryPlan } from "../../train/memory_plan.ts";

/** Those of both stages at the paper's sizes, from a dry run. */
export function paperConvolutions(): [ConvGeometry, ConvDirection][] {
  const found = new Map<string, [ConvGeometry, ConvDirection]>();
  const options = resolveOptions([{ source: "test", values: { preset: "full", device: "cpu" } }]);
  memoryPlan(options, (geometry, direction) => {
    found.set(JSON.stringify([geometry, direction]), [geometry, direction]);
    return 0;
  });
  return [...found.values()];
}

/** The same as cuDNN is asked for them: gradients that overwrite and gradients that are added. */
export function paperProblems(precision: Precision): ConvolutionProblem[] {
  return paperConvolutions().flatMap(([geometry, operation]) =>
    (operation === "forward" ? [false] : [false, true]).map((accumulate) =>
      convolutionProblem(geometry, operation, precision, accumulate)
    )
  );
}
