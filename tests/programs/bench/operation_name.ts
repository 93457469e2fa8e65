/** How operations are called in tables: by what they do and on which sizes. */
import type { ConvGeometry, Convolution } from "../../../nn/backend/backend.ts";

/** Sizes of operations that are no convolution, in the order in which they are shown. */
const SIZES = [
  ...["count", "byteLength", "m", "n", "k", "rows", "outer", "groups", "repeat", "samples", "cells"],
  ...["features", "channels", "blocks", "classes", "sizes"],
];

/**
 * Name of a call of an operation: `convForward 5×3×5/2 12→64, 80×48×80, n 20`, `gemm 20×38400×1200`, `adam 12978304`.
 * Calls of one name do the same work, but for adding to their result or not.
 */
export function operationName(operation: string, shape: object): string {
  if ("geometry" in shape) return `${operation} ${convolutionName((shape as Convolution).geometry)}`;
  const values = shape as Readonly<Record<string, number | readonly number[] | undefined>>;
  const sizes = SIZES.flatMap((name) => values[name] ?? []).join("×");
  return `${operation} ${sizes}`.trim() +
    (values.batch === undefined || values.batch === 1 ? "" : `, n ${values.batch}`);
}

function convolutionName({ batch, input, channels, filters, kernel, stride }: ConvGeometry): string {
  const step = stride === 1 ? "" : `/${stride}`;
  return `${kernel.join("×")}${step} ${channels}→${filters}, ${input.join("×")}, n ${batch}`;
}
