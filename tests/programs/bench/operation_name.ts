/** How operations are called in tables: by what they do and on which sizes. */
import type { ConvGeometry, Convolution } from "../../../nn/backend/backend.ts";

/** Sizes of operations that are no convolution, in the order in which they are shown. */
const SIZES = ["count", "byteLength", "m", "n", "k", "rows", "samples", "features", "channels", "classes"] as const;

/**
 * Name of a call of an operation: `convForward 5×3×5/2 12→64, 80×48×80, n 20`, `gemm 20×38400×1200`, `adam 12978304`.
 * Calls of one name do the same work, but for adding to their result or not.
 */
export function operationName(operation: string, shape: object): string {
  if ("geometry" in shape) return `${operation} ${convolutionName((shape as Convolution).geometry)}`;
  const sizes = shape as Partial<Record<typeof SIZES[number], number>>;
  return `${operation} ${SIZES.map((name) => sizes[name]).filter((size) => size !== undefined).join("×")}`.trim();
}

function convolutionName({ batch, input, channels, filters, kernel, stride }: ConvGeometry): string {
  const step = stride === 1 ? "" : `/${stride}`;
  return `${kernel.join("×")}${step} ${channels}→${filters}, ${input.join("×")}, n ${batch}`;
}
