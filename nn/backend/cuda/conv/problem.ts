/** From a convolution of the interface to the one that cuDNN is asked for. */
import type { ConvolutionOperation, ConvolutionProblem } from "../../../../ffi/mod.ts";
import { elementCount } from "../../../shape.ts";
import type { ConvGeometry } from "../../backend.ts";
import type { Precision } from "../../precision.ts";

/** bfloat16 engines read 8 channels at once; with other counts they would pad a copy of the tensor on every call. */
const BF16_CHANNELS = 8;
const ELEMENT_BYTES = { FLOAT: 4, BFLOAT16: 2 } as const;

/** Channels of the tensors that cuDNN sees. */
function paddedChannels(channels: number, precision: Precision): number {
  return precision === "bf16" ? Math.ceil(channels / BF16_CHANNELS) * BF16_CHANNELS : channels;
}

/** Sizes of the problem: those of the geometry, with channels padded where the precision wants it. */
export function convolutionProblem(
  geometry: ConvGeometry,
  operation: ConvolutionOperation,
  precision: Precision,
  accumulate: boolean,
): ConvolutionProblem {
  const { batch, input, output, kernel, stride, padding, channels, filters } = geometry;
  return {
    operation,
    dataType: precision === "bf16" ? "BFLOAT16" : "FLOAT",
    batch,
    input,
    channels: paddedChannels(channels, precision),
    output,
    filters: paddedChannels(filters, precision),
    kernel,
    stride: [stride, stride, stride],
    padding,
    // In bfloat16 the result is converted anyhow, and added then, in float32.
    beta: accumulate && precision !== "bf16" ? 1 : 0,
  };
}

/** Text that tells problems apart; `precision` because TF32 and float32 have the same tensors. */
export function problemKey(problem: ConvolutionProblem, precision: Precision): string {
  const { operation, batch, input, channels, output, filters, kernel, stride, padding, beta } = problem;
  const sizes = [input, kernel, output, stride, padding].map((size) => size.join("x")).join(" ");
  return `${operation} ${precision} n${batch} c${channels} k${filters} ${sizes} beta${beta}`;
}

/** Bytes of x, w and y. */
export function tensorBytes(problem: ConvolutionProblem): [x: number, w: number, y: number] {
  const { batch, input, channels, output, filters, kernel, dataType } = problem, size = ELEMENT_BYTES[dataType];
  return [
    batch * elementCount(input) * channels * size,
    filters * elementCount(kernel) * channels * size,
    batch * elementCount(output) * filters * size,
  ];
}

/** Index of the tensor (x, w, y) that an operation writes. */
export const OUTPUT_INDEX: Readonly<Record<ConvolutionOperation, 0 | 1 | 2>> = {
  forward: 2,
  inputGradient: 0,
  filterGradient: 1,
};

/** How a person would call the convolution: `forward of 5x3x5 12 → 64 at 80x48x80, batch 20`. */
export function describeProblem({ operation, kernel, channels, filters, input, batch }: ConvolutionProblem): string {
  const what = { forward: "forward", inputGradient: "input gradient", filterGradient: "filter gradient" }[operation];
  return `${what} of ${kernel.join("x")} ${channels} → ${filters} at ${input.join("x")}, batch ${batch}`;
}
