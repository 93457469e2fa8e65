import type { KernelSpec } from "./kernel_spec.ts";

const PRECISION = "precision";

/** Kernels that convert between float32 and bfloat16. */
export const PRECISION_KERNELS = {
  /** float32 x to bfloat16 y, rounding to nearest even. `elementwiseLaunch`. */
  to_bf16: { module: PRECISION, parameters: [["count", "u64"], ["x", "pointer"], ["y", "pointer"]] },
  /** float32 y (+)= bfloat16 x. `elementwiseLaunch`. */
  from_bf16: {
    module: PRECISION,
    parameters: [["count", "u64"], ["x", "pointer"], ["y", "pointer"], ["accumulate", "u32"]],
  },
  /**
   * float32 x `[filledRows, channels]` to bfloat16 y `[rows, paddedChannels]` with zeros in the new channels and rows
   * (activations: rows = filledRows = n·D·H·W; filters: rows = K·taps). paddedChannels is a multiple of 8, y at a
   * multiple of 16 bytes. `paddedLaunch`.
   */
  to_bf16_padded: {
    module: PRECISION,
    parameters: [["rows", "u64"], ["filledRows", "u64"], ["channels", "u32"], ["paddedChannels", "u32"], [
      "x",
      "pointer",
    ], ["y", "pointer"]],
  },
  /** float32 y `[rows, channels]` (+)= the first channels of bfloat16 x `[rows, paddedChannels]`. `paddedLaunch`. */
  from_bf16_padded: {
    module: PRECISION,
    parameters: [["rows", "u64"], ["channels", "u32"], ["paddedChannels", "u32"], ["x", "pointer"], ["y", "pointer"], [
      "accumulate",
      "u32",
    ]],
  },
} as const satisfies Record<string, KernelSpec>;
