/** From a convolution of the interface to the one that cuDNN is asked for. */
import type { ConvolutionOperation, ConvolutionProblem } from "../../../../ffi/mod.ts";
import { elementCount } from "../../../shape.ts";
import type { ConvGeometry, FloatType, Size3 } from "../../backend.ts";
import { BYTES_PER_ELEMENT, rowLength } from "../../buffer.ts";
import type { ConvTypes } from "../../counting_backend.ts";
import type { Precision } from "../../precision.ts";

const ELEMENT_TYPES = { FLOAT: "f32", BFLOAT16: "bf16" } as const;

/**
 * Sizes of the problem: those of the geometry, in bfloat16 with whole rows. Its engines read 8 channels at once; with
 * other counts they would pad a copy of the tensor on every call.
 */
export function convolutionProblem(
  geometry: ConvGeometry,
  operation: ConvolutionOperation,
  precision: Precision,
  accumulate: boolean,
): ConvolutionProblem {
  const { batch, input, output, kernel, stride, padding, channels, filters } = geometry;
  const dataType = precision === "bf16" ? "BFLOAT16" : "FLOAT", type = ELEMENT_TYPES[dataType];
  return {
    operation,
    dataType,
    batch,
    input,
    channels: rowLength(channels, type),
    output,
    filters: rowLength(filters, type),
    kernel,
    stride: [stride, stride, stride],
    padding,
    beta: accumulate ? 1 : 0,
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
  const { batch, input, channels, output, filters, kernel, dataType } = problem;
  const size = BYTES_PER_ELEMENT[ELEMENT_TYPES[dataType]];
  return [
    batch * elementCount(input) * channels * size,
    filters * elementCount(kernel) * channels * size,
    batch * elementCount(output) * filters * size,
  ];
}

/** Bytes of x and y as the engine stores them. */
export function storedBytes(
  { batch, input, channels, output, filters }: ConvGeometry,
  types: ConvTypes,
): [x: number, y: number] {
  const bytes = (voxels: Size3, row: number, type: FloatType) =>
    batch * elementCount(voxels) * rowLength(row, type) * BYTES_PER_ELEMENT[type];
  return [bytes(input, channels, types.input), bytes(output, filters, types.output)];
}

/** Which of x, w and y are stored in float32 and have to be converted for a convolution in bfloat16. */
export function convertedOperands({ input, output }: ConvTypes): readonly (0 | 1 | 2)[] {
  const types = [input, "f32", output];
  return ([0, 1, 2] as const).filter((index) => types[index] === "f32");
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
