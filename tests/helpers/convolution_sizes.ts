import type { ConvGeometry } from "../../nn/backend/backend.ts";
import { elementCount } from "../../nn/shape.ts";

/** Elements of both sides of a convolution and of its filter. */
export function convolutionSizes(
  { batch, input, channels, output, filters, kernel }: ConvGeometry,
): { input: number; filter: number; output: number } {
  return {
    input: elementCount([batch, ...input, channels]),
    filter: elementCount([filters, ...kernel, channels]),
    output: elementCount([batch, ...output, filters]),
  };
}
