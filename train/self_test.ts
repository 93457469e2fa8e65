/** Looks at the convolutions of a run before it starts. */
import type { Backend, ConvGeometry } from "../nn/backend/backend.ts";
import { checkConvolution } from "../nn/backend/convolution_check.ts";
import type { ConvDirection } from "../nn/backend/counting_backend.ts";
import { OutOfMemoryError } from "../nn/backend/memory.ts";
import type { TrainOptions } from "../run/config.ts";
import { memoryPlan } from "./memory_plan.ts";

/** One operation that a run computes in each iteration. */
export interface RunConvolution {
  /** Sizes. */
  readonly geometry: ConvGeometry;
  /** Which of its operations. */
  readonly direction: ConvDirection;
}

/** Every convolution of a run once, by the dry run. */
export function convolutionsOf(options: TrainOptions): RunConvolution[] {
  const found = new Map<string, RunConvolution>();
  const workspaceBytes = (geometry: ConvGeometry, direction: ConvDirection) => {
    found.set(JSON.stringify([geometry, direction]), { geometry, direction });
    return 0;
  };
  memoryPlan(options, { workspaceBytes });
  return [...found.values()];
}

/** What {@link checkConvolutions} did. */
export interface SelfTestCount {
  /** Convolutions whose results agree. */
  readonly agree: number;
  /** Those left out because their operands did not fit into memory together. */
  readonly leftOut: number;
}

/**
 * Compares a few results of each convolution of a run with sums on the processor.
 * @throws {UserError} naming the first whose results rounding cannot explain.
 */
export function checkConvolutions(backend: Backend, options: TrainOptions): SelfTestCount {
  const convolutions = convolutionsOf(options);
  let leftOut = 0;
  for (const { geometry, direction } of convolutions) {
    const { channels, filters, input } = geometry;
    const layer = `convolution ${channels}→${filters} of ${input.join("x")} voxels`;
    try {
      checkConvolution(backend, geometry, direction, options.precision, layer);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      leftOut++;
    }
  }
  return { agree: convolutions.length - leftOut, leftOut };
}
