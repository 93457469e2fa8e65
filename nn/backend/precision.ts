/** Number formats of the computation. */

/**
 * `fp32`: no rounding beyond float32. `tf32`: operands of convolutions and matrix products rounded to 10 bits of
 * mantissa. `bf16`: the same operands in bfloat16, and on CUDA the volumes of activations and their gradients stored in
 * it; weights, sums, statistics and losses stay float32.
 */
export type Precision = "fp32" | "tf32" | "bf16";

/** All of them, the most exact first. */
export const PRECISIONS = ["fp32", "tf32", "bf16"] as const satisfies readonly Precision[];
