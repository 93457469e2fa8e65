/** How operations are called in tables: by what they do and on which sizes. */
import type { ConvGeometry } from "../../../nn/backend/backend.ts";

/** Sizes of operations that are no convolution, in the order in which they are shown. */
const SIZES = ["m", "n", "k", "rows", "samples", "features", "channels", "classes"] as const;

/**
 * Name of a call of an engine's method: `convForward 5×3×5/2 12→64, 80×48×80, n 20`, `gemm 20×38400×1200`,
 * `adam 12978304`. Calls of one name do the same work, but for adding to their result or not.
 */
export function operationName(method: string, args: readonly unknown[]): string {
  const sizes = args.find((arg) => typeof arg === "number" || isConvolution(arg) || sizesOf(arg).length > 0);
  if (isConvolution(sizes)) return `${method} ${convolutionName(sizes)}`;
  return `${method} ${typeof sizes === "number" ? sizes : sizesOf(sizes).join("×")}`.trim();
}

function convolutionName({ batch, input, channels, filters, kernel, stride }: ConvGeometry): string {
  const step = stride === 1 ? "" : `/${stride}`;
  return `${kernel.join("×")}${step} ${channels}→${filters}, ${input.join("×")}, n ${batch}`;
}

function isConvolution(value: unknown): value is ConvGeometry {
  return typeof value === "object" && value !== null && "kernel" in value && "filters" in value;
}

function sizesOf(value: unknown): number[] {
  if (typeof value !== "object" || value === null) return [];
  const sizes = value as Partial<Record<typeof SIZES[number], unknown>>;
  return SIZES.map((name) => sizes[name]).filter((size): size is number => typeof size === "number");
}
