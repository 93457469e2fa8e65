/**
 * The kernels written for this project: their parameters and how operations of {@link Backend} map to launches.
 *
 * Launch shapes are in `launches.ts`, sources in `kernel_sources.ts`. Sizes are u64, device addresses `pointer` (0
 * stands for "not given" where a parameter says optional). Every reduction is deterministic: blocks write partial sums
 * (double precision) into a scratch buffer and a last launch, or every block of the next one, adds them in a fixed
 * order. No kernel needs its scratch or outputs cleared.
 *
 * | operation | launches |
 * |---|---|
 * | fill, axpby, activation, activationBackward, addActivation, adam, randomNormal | the kernel of that name, `elementwiseLaunch` |
 * | copy | a device-to-device memcpy |
 * | oneHot | `one_hot_1/4`, `columnMapLaunch` |
 * | argmax, softmax, softmaxBackward | the kernel of that name (`_12` for 12 classes, else `_n`), `rowTileLaunch` |
 * | batchStatistics | `column_moments_1/4` (`columnReductionLaunch`), `column_moments_finish` (`columnFinishLaunch`) |
 * | batchNorm | `batch_norm_1/4`, `columnMapLaunch` |
 * | batchNormBackward | `column_gradients_1/4` (`columnReductionLaunch`), `column_gradients_finish` (`columnFinishLaunch`), `batch_norm_backward_1/4` (`columnMapLaunch`) |
 * | layerNorm | `row_moments`, `layer_norm`, both with the same `rowReductionLaunch` |
 * | layerNormBackward | `row_gradients`, `layer_norm_backward`, both with the same `rowReductionLaunch` |
 * | classWeights | `class_counts` (`classCountsLaunch`), `class_weights` (`SINGLE_BLOCK`) |
 * | reconstructionLoss | `reconstruction_loss_12/n` (`rowTileLaunch`), `sum_finish` (`SINGLE_BLOCK`) |
 * | bceLogits | `bce_logits` (`SINGLE_BLOCK`) |
 * | bceLogitsBackward | `bce_logits_backward`, `elementwiseLaunch` |
 *
 * `_4` kernels move four channels at a time: they need channels (classes) divisible by 4 and every tensor operand of
 * `[rows, channels]` at a multiple of 16 bytes; `_1` take anything. All other kernels look at their pointers themselves.
 */

import { GAUSSIAN_KERNELS } from "./gaussian_kernels.ts";
import type { KernelSpec, ParameterKind } from "./kernel_spec.ts";
import { PRECISION_KERNELS } from "./precision_kernels.ts";

export type { KernelModule, KernelSpec, ParameterKind } from "./kernel_spec.ts";

const FLAT = "elementwise", NORM = "norms", ROWS = "row_losses", REDUCE = "reductions";

const oneHot = {
  module: FLAT,
  parameters: [["rows", "u64"], ["classes", "u32"], ["labels", "pointer"], ["x", "pointer"]],
} as const;
const columnMoments = {
  module: NORM,
  parameters: [["rows", "u64"], ["channels", "u32"], ["x", "pointer"], ["partials", "pointer"]],
} as const;
const NORM_OPERANDS = [
  ["epsilon", "f32"],
  ["slope", "f32"],
  ["x", "pointer"],
  ["statistics", "pointer"],
  ["gain", "pointer"],
  ["bias", "pointer"],
] as const;
const batchNorm = {
  module: NORM,
  parameters: [["rows", "u64"], ["channels", "u32"], ...NORM_OPERANDS, ["y", "pointer"]],
} as const;
const columnGradients = {
  module: NORM,
  parameters: [["rows", "u64"], ["channels", "u32"], ...NORM_OPERANDS, ["dy", "pointer"], ["partials", "pointer"]],
} as const;
const batchNormBackward = {
  module: NORM,
  parameters: [
    ["rows", "u64"],
    ["channels", "u32"],
    ...NORM_OPERANDS,
    ["dy", "pointer"],
    ["means", "pointer"],
    ["dx", "pointer"],
  ],
} as const;
const rowsToRows = {
  module: ROWS,
  parameters: [["rows", "u64"], ["classes", "u32"], ["x", "pointer"], ["y", "pointer"]],
} as const;
const softmaxBackward = {
  module: ROWS,
  parameters: [
    ["rows", "u64"],
    ["classes", "u32"],
    ["p", "pointer"],
    ["dp", "pointer"],
    ["labels", "pointer"],
    ["weights", "pointer"],
    ["gamma", "f32"],
    ["oneMinusGamma", "f32"],
    ["epsilon", "f32"],
    ["factor", "f32"],
    ["dx", "pointer"],
  ],
} as const;
const reconstructionLoss = {
  module: ROWS,
  parameters: [
    ["rows", "u64"],
    ["classes", "u32"],
    ["labels", "pointer"],
    ["weights", "pointer"],
    ["gamma", "f32"],
    ["oneMinusGamma", "f32"],
    ["epsilon", "f32"],
    ["p", "pointer"],
    ["partials", "pointer"],
  ],
} as const;

/** Every kernel by its C name. */
export const KERNELS = {
  /** x[count] = value. */
  fill: { module: FLAT, parameters: [["count", "u64"], ["value", "f32"], ["x", "pointer"]] },
  /** y = a·x + b·y; y is read only if b ≠ 0. */
  axpby: {
    module: FLAT,
    parameters: [["count", "u64"], ["a", "f32"], ["x", "pointer"], ["b", "f32"], ["y", "pointer"]],
  },
  /** y = act(x); y may be x. */
  activation: { module: FLAT, parameters: [["count", "u64"], ["slope", "f32"], ["x", "pointer"], ["y", "pointer"]] },
  /** dx = dy · act′(y); dx may be dy. */
  activation_backward: {
    module: FLAT,
    parameters: [["count", "u64"], ["slope", "f32"], ["y", "pointer"], ["dy", "pointer"], ["dx", "pointer"]],
  },
  /** y = act(a + b); y may be a or b. */
  add_activation: {
    module: FLAT,
    parameters: [["count", "u64"], ["slope", "f32"], ["a", "pointer"], ["b", "pointer"], ["y", "pointer"]],
  },
  /** One Adam step; `rate` = learningRate·√(1−β2^t)/(1−β1^t), the complements 1−β rounded from double precision. */
  adam: {
    module: FLAT,
    parameters: [
      ["count", "u64"],
      ["rate", "f32"],
      ["beta1", "f32"],
      ["oneMinusBeta1", "f32"],
      ["beta2", "f32"],
      ["oneMinusBeta2", "f32"],
      ["epsilon", "f32"],
      ["parameters", "pointer"],
      ["gradients", "pointer"],
      ["m", "pointer"],
      ["v", "pointer"],
    ],
  },
  /** The numbers of base/random.ts. Launch with `elementwiseLaunch`: a thread makes four. */
  random_normal: {
    module: FLAT,
    parameters: [
      ["count", "u64"],
      ["seed", "u32"],
      ["stream", "u32"],
      ["iteration", "u32"],
      ["mean", "f64"],
      ["deviation", "f64"],
      ["x", "pointer"],
    ],
  },
  /** uint8 labels `[rows]` to one-hot x `[rows, classes]`. */
  one_hot_1: oneHot,
  one_hot_4: oneHot,

  /** Sums and sums of squares per column: partials f64 `[channels, 2, grid.x]`. */
  column_moments_1: columnMoments,
  column_moments_4: columnMoments,
  /** statistics `[2, channels]` from `blocks` (= grid.x of the launch before) partials. */
  column_moments_finish: {
    module: NORM,
    parameters: [["rows", "u64"], ["channels", "u32"], ["blocks", "u32"], ["partials", "pointer"], [
      "statistics",
      "pointer",
    ]],
  },
  /** y = act(norm(x)); y may be x. */
  batch_norm_1: batchNorm,
  batch_norm_4: batchNorm,
  /** Σ g and Σ g·x̂ per column with g = dy·act′: partials f64 `[channels, 2, grid.x]`. */
  column_gradients_1: columnGradients,
  column_gradients_4: columnGradients,
  /** means f32 `[2, channels]` = (Σ g)/rows, (Σ g·x̂)/rows; the sums are added to dBias and dGain unless both are 0. */
  column_gradients_finish: {
    module: NORM,
    parameters: [
      ["rows", "u64"],
      ["channels", "u32"],
      ["blocks", "u32"],
      ["partials", "pointer"],
      ["means", "pointer"],
      ["dGain", "pointer"],
      ["dBias", "pointer"],
    ],
  },
  /** dx = gain/σ·(g − mean(g) − x̂·mean(g·x̂)); dx may be dy. */
  batch_norm_backward_1: batchNormBackward,
  batch_norm_backward_4: batchNormBackward,
  /** Sums and sums of squares per sample: partials f64 `[samples, 2, grid.x]`; grid.y = samples. */
  row_moments: { module: NORM, parameters: [["features", "u64"], ["x", "pointer"], ["partials", "pointer"]] },
  /** y = act(norm(x)) and statistics `[2, samples]`, from partials of {@link KERNELS.row_moments} with the same grid. */
  layer_norm: {
    module: NORM,
    parameters: [
      ["features", "u64"],
      ["epsilon", "f32"],
      ["slope", "f32"],
      ["partials", "pointer"],
      ["x", "pointer"],
      ["gain", "pointer"],
      ["bias", "pointer"],
      ["y", "pointer"],
      ["statistics", "pointer"],
    ],
  },
  /** Σ g and Σ g·x̂ per sample: partials f64 `[samples, 2, grid.x]`. */
  row_gradients: {
    module: NORM,
    parameters: [["features", "u64"], ...NORM_OPERANDS, ["dy", "pointer"], ["partials", "pointer"]],
  },
  /** dx, and the sums over all samples added to dGain `[1]` and dBias `[1]` unless both are 0; dx may be dy. */
  layer_norm_backward: {
    module: NORM,
    parameters: [
      ["features", "u64"],
      ...NORM_OPERANDS,
      ["dy", "pointer"],
      ["partials", "pointer"],
      ["dx", "pointer"],
      ["dGain", "pointer"],
      ["dBias", "pointer"],
    ],
  },

  /** Index of the first maximum of each row of x: uint8 y `[rows]`. */
  argmax_12: rowsToRows,
  argmax_n: rowsToRows,
  /** Softmax of each row; y may be x. */
  softmax_12: rowsToRows,
  softmax_n: rowsToRows,
  /**
   * dx = p·(g − Σ p·g), g = dp (optional) + factor·∂loss/∂p (if `labels` and `weights` are given; `factor` =
   * scale/samples). dx may be dp.
   */
  softmax_backward_12: softmaxBackward,
  softmax_backward_n: softmaxBackward,
  /** Sums of the reconstruction loss over rows: partials f64 `[grid.x]`. */
  reconstruction_loss_12: reconstructionLoss,
  reconstruction_loss_n: reconstructionLoss,

  /** out `[1]` = (accumulate ? out : 0) + factor·Σ partials f64 `[blocks]`. */
  sum_finish: {
    module: REDUCE,
    parameters: [["blocks", "u32"], ["factor", "f64"], ["partials", "pointer"], ["out", "pointer"], [
      "accumulate",
      "u32",
    ]],
  },
  /** Labels of each class: partials u32 `[grid.x, classes]`. */
  class_counts: {
    module: REDUCE,
    parameters: [["count", "u64"], ["classes", "u32"], ["labels", "pointer"], ["partials", "pointer"]],
  },
  /** weights `[classes]` from `blocks` partials of {@link KERNELS.class_counts}. */
  class_weights: {
    module: REDUCE,
    parameters: [["count", "u64"], ["classes", "u32"], ["blocks", "u32"], ["partials", "pointer"], [
      "weights",
      "pointer",
    ]],
  },
  /** loss `[1]` (+)= mean softplus(target ? −x : x); count is that of a batch's logits, one block does it. */
  bce_logits: {
    module: REDUCE,
    parameters: [["count", "u64"], ["target", "u32"], ["logits", "pointer"], ["loss", "pointer"], [
      "accumulate",
      "u32",
    ]],
  },
  /** dx (+)= factor·(sigmoid(x) − target); `factor` = scale/count. */
  bce_logits_backward: {
    module: REDUCE,
    parameters: [["count", "u64"], ["target", "u32"], ["factor", "f64"], ["logits", "pointer"], ["dx", "pointer"], [
      "accumulate",
      "u32",
    ]],
  },

  ...GAUSSIAN_KERNELS,
  ...PRECISION_KERNELS,
} as const satisfies Record<string, KernelSpec>;

/** C name of a kernel. */
export type KernelName = keyof typeof KERNELS;

/** JavaScript value of a parameter kind. */
export type ArgumentOf<Kind extends ParameterKind> = Kind extends "pointer" ? bigint : number;

/** Arguments of a kernel, by parameter name. */
export type KernelArguments<Name extends KernelName> = {
  readonly [P in (typeof KERNELS)[Name]["parameters"][number] as P[0]]: ArgumentOf<P[1]>;
};
