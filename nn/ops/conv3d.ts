import type { ConvGeometry, FloatType, Size3, Span } from "../backend/backend.ts";
import { rowLength } from "../backend/buffer.ts";
import type { Parameter } from "../parameters.ts";
import { assertShape, type Shape, shapeText } from "../shape.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Padding before each axis that makes a stride-1 or stride-2 convolution halve (or keep) even sizes: the mirror image
 * of TensorFlow's SAME, which is k//2 for the odd kernels of this model.
 */
function samePadding(kernel: Size3): Size3 {
  return [(kernel[0] - 1) >> 1, (kernel[1] - 1) >> 1, (kernel[2] - 1) >> 1];
}

/** Geometry between a large side of `input` voxels and a small side of `input / stride`, filters `[K, kd, kh, kw, C]`. */
export function convGeometry(
  batch: number,
  input: Size3,
  filterShape: readonly number[],
  stride: number,
): ConvGeometry {
  const [filters, kd, kh, kw, channels] = filterShape;
  const kernel: Size3 = [kd, kh, kw];
  if (input.some((size) => size % stride !== 0)) {
    throw new RangeError(`a convolution of stride ${stride} needs sizes divisible by it, found ${shapeText(input)}`);
  }
  const output: Size3 = [input[0] / stride, input[1] / stride, input[2] / stride];
  return { batch, input, channels, output, filters, kernel, stride, padding: samePadding(kernel) };
}

/** Where the result of a convolution goes. */
export interface ConvolutionResult {
  /** Memory of the caller, of the shape of the result. */
  readonly into?: Tensor;
  /**
   * Type of the result otherwise: that of the engine's activations unless rows of so many channels would need padding,
   * which norms do not know.
   */
  readonly dtype?: FloatType;
}

/** Of a convolution whose result other operations take in float32: dense layers, and what looks at codes. */
export const IN_FLOAT32: ConvolutionResult = { dtype: "f32" };

/** y = conv(x, filter): x `[n, D, H, W, C]`, filter `[K, kd, kh, kw, C]` → `[n, D/stride, H/stride, W/stride, K]`. */
export function conv3d(
  tape: Tape,
  x: Tensor,
  filter: Parameter,
  stride: number,
  result: ConvolutionResult = {},
): Tensor {
  const [n, d, h, w, channels] = x.shape;
  const geometry = convGeometry(n, [d, h, w], filter.shape, stride);
  assertShape(`input of ${filter.name}`, [channels], [geometry.channels]);
  const { backend } = tape;
  const y = resultOf(tape, filter, [n, ...geometry.output, geometry.filters], result);
  backend.convForward({ geometry }, { input: x, filter: filter.value, output: y });
  return record(tape, `conv3d ${filter.name}`, x, filter, y, {
    ofFilter: (dy, dFilter) =>
      backend.convFilterGradient({ geometry, accumulate: true }, { input: x, dOutput: dy, dFilter }),
    ofInput: (dy, dInput, accumulate) =>
      backend.convInputGradient({ geometry, accumulate }, { dOutput: dy, filter: filter.value, dInput }),
  });
}

/**
 * The transposed convolution that undoes the sizes of {@link conv3d}: x `[n, D, H, W, K]`, filter `[K, kd, kh, kw, C]`
 * → `[n, D·stride, H·stride, W·stride, C]`. It is the input gradient of that convolution.
 */
export function transposedConv3d(
  tape: Tape,
  x: Tensor,
  filter: Parameter,
  stride: number,
  result: ConvolutionResult = {},
): Tensor {
  const [n, d, h, w, filters] = x.shape;
  const geometry = convGeometry(n, [d * stride, h * stride, w * stride], filter.shape, stride);
  assertShape(`input of ${filter.name}`, [filters], [geometry.filters]);
  const { backend } = tape;
  const y = resultOf(tape, filter, [n, ...geometry.input, geometry.channels], result);
  backend.convInputGradient({ geometry, accumulate: false }, { dOutput: x, filter: filter.value, dInput: y });
  return record(tape, `transposedConv3d ${filter.name}`, x, filter, y, {
    ofFilter: (dy, dFilter) =>
      backend.convFilterGradient({ geometry, accumulate: true }, { input: dy, dOutput: x, dFilter }),
    ofInput: (dy, dx, accumulate) => {
      if (accumulate) throw new RangeError("its input must have no other reader");
      backend.convForward({ geometry }, { input: dy, filter: filter.value, output: dx });
    },
  });
}

function resultOf(tape: Tape, filter: Parameter, shape: Shape, { into, dtype }: ConvolutionResult): Tensor {
  if (into) assertShape(`output of ${filter.name}`, into.shape, shape);
  const { activations } = tape, dense = rowLength(shape[4], activations) === shape[4];
  return into ?? tape.allocate(shape, filter.name, dtype ?? (dense ? activations : "f32"));
}

/** How gradients go back through an operation of `x` and `filter`; the filter's are added to. Returns `y`. */
function record(
  tape: Tape,
  op: string,
  x: Tensor,
  filter: Parameter,
  y: Tensor,
  gradients: {
    ofFilter(dy: Tensor, dFilter: Span): void;
    ofInput(dy: Tensor, dx: Tensor, accumulate: boolean): void;
  },
): Tensor {
  tape.record({
    op,
    inputs: [x],
    outputs: [y],
    saved: tape.learns(filter) ? [x] : [],
    vjp: ([dy]) => {
      if (!dy) return;
      if (tape.learns(filter)) gradients.ofFilter(dy, filter.set.gradientOf(filter));
      tape.addGradient(x, (dx, accumulate) => gradients.ofInput(dy, dx, accumulate));
    },
  }, [filter]);
  return y;
}
