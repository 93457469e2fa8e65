/** Operation graphs of one 3-D convolution in NDHWC: forward, gradient of the input, gradient of the filter. */
import { type Descriptor, finalized } from "./descriptor.ts";
import { CONVOLUTION_MODE, DATA_TYPE } from "./enums.ts";
import type { Cudnn } from "./library.ts";

/** Which of the three operations. */
export type ConvolutionOperation = "forward" | "inputGradient" | "filterGradient";

/** One operation on tensors x `[n, c, …input]`, w `[k, c, …kernel]`, y `[n, k, …output]`; sizes in the order D, H, W. */
export interface ConvolutionProblem {
  /** Which of the three is computed from the other two. */
  readonly operation: ConvolutionOperation;
  /** Type of all three tensors; sums are float32. */
  readonly dataType: "FLOAT" | "BFLOAT16";
  /** Samples n. */
  readonly batch: number;
  /** Voxels of x. */
  readonly input: readonly number[];
  /** Channels c of x. */
  readonly channels: number;
  /** Voxels of y. */
  readonly output: readonly number[];
  /** Channels k of y. */
  readonly filters: number;
  /** Taps of the filter. */
  readonly kernel: readonly number[];
  /** Steps of the filter. */
  readonly stride: readonly number[];
  /** Same before and after. */
  readonly padding: readonly number[];
  /** 1: the result is added to what the output holds. */
  readonly beta: 0 | 1;
}

/**
 * Where plans are for: a handle of a real device, or a description of one (`DEVICEPROP`, cuDNN 9.8), with which plans
 * are built on a machine without a GPU.
 */
export type PlanTarget = { readonly handle: bigint } | { readonly properties: Descriptor };

/** Unique ids of x, w and y in the variant pack. */
export const TENSOR_IDS: readonly [x: bigint, w: bigint, y: bigint] = [1n, 2n, 3n];

/** Declared alignment of tensors in bytes: with less, the fast bfloat16 engines disappear. */
const TENSOR_ALIGNMENT_BYTES = 16;

const NAMES = {
  forward: ["OPERATION_CONVOLUTION_FORWARD", "OPERATION_CONVOLUTION_FORWARD", "X", "W", "Y"],
  inputGradient: ["OPERATION_CONVOLUTION_BACKWARD_DATA", "OPERATION_CONVOLUTION_BWD_DATA", "DX", "W", "DY"],
  filterGradient: ["OPERATION_CONVOLUTION_BACKWARD_FILTER", "OPERATION_CONVOLUTION_BWD_FILTER", "X", "DW", "DY"],
} as const;

/** A finalized operation graph with the descriptors it is made of. */
export class ConvolutionGraph implements Disposable {
  /** The finalized `OPERATIONGRAPH`. */
  readonly descriptor: Descriptor;
  readonly #stack = new DisposableStack();

  /**
   * Checks all sizes. A target with a handle gives it to the graph, which versions before 9.8 ask for.
   *
   * @throws {LibraryError} `CUDNN_STATUS_BAD_PARAM` with the failed condition.
   */
  constructor(readonly cudnn: Cudnn, readonly problem: ConvolutionProblem, target: PlanTarget) {
    using building = new DisposableStack();
    const { batch, channels, filters, input, kernel, output, operation, stride, padding } = problem;
    const shapes = [[batch, channels, ...input], [filters, channels, ...kernel], [batch, filters, ...output]];
    const tensors = shapes.map((dimensions, index) =>
      building.use(tensor(cudnn, TENSOR_IDS[index], dimensions, DATA_TYPE[problem.dataType]))
    );
    const convolution = building.use(finalized(cudnn, "CONVOLUTION", (descriptor) => {
      descriptor.enum("CONVOLUTION_COMP_TYPE", "DATA_TYPE", DATA_TYPE.FLOAT)
        .enum("CONVOLUTION_CONV_MODE", "CONVOLUTION_MODE", CONVOLUTION_MODE.CROSS_CORRELATION)
        .integers("CONVOLUTION_SPATIAL_DIMS", [kernel.length])
        .integers("CONVOLUTION_PRE_PADDINGS", padding)
        .integers("CONVOLUTION_POST_PADDINGS", padding)
        .integers("CONVOLUTION_FILTER_STRIDES", stride)
        .integers("CONVOLUTION_DILATIONS", kernel.map(() => 1));
    }));
    const [type, prefix, x, w, y] = NAMES[operation];
    const node = building.use(finalized(cudnn, type, (descriptor) => {
      descriptor.descriptors(`${prefix}_CONV_DESC` as "OPERATION_CONVOLUTION_FORWARD_CONV_DESC", [convolution])
        .float(`${prefix}_ALPHA` as "OPERATION_CONVOLUTION_FORWARD_ALPHA", 1)
        .float(`${prefix}_BETA` as "OPERATION_CONVOLUTION_FORWARD_BETA", problem.beta);
      [x, w, y].forEach((name, index) =>
        descriptor.descriptors(`${prefix}_${name}` as "OPERATION_CONVOLUTION_FORWARD_X", [tensors[index]])
      );
    }));
    this.descriptor = building.use(finalized(cudnn, "OPERATIONGRAPH", (descriptor) => {
      descriptor.descriptors("OPERATIONGRAPH_OPS", [node]);
      if ("handle" in target) descriptor.handle("OPERATIONGRAPH_HANDLE", target.handle);
    }));
    this.#stack = building.move();
  }

  /** Destroys all descriptors; plans made of the graph stay. */
  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/** Strides of `[n, c, d, h, w]` (or `[k, c, t, r, s]`) with the channels innermost. */
function channelsLastStrides(dimensions: readonly number[]): number[] {
  const strides = new Array<number>(dimensions.length);
  let step = dimensions[1];
  strides[1] = 1;
  for (let axis = dimensions.length - 1; axis >= 2; axis--) {
    strides[axis] = step;
    step *= dimensions[axis];
  }
  strides[0] = step;
  return strides;
}

function tensor(cudnn: Cudnn, id: bigint, dimensions: readonly number[], dataType: number): Descriptor {
  return finalized(cudnn, "TENSOR", (descriptor) => {
    descriptor.integers("TENSOR_UNIQUE_ID", [Number(id)])
      .enum("TENSOR_DATA_TYPE", "DATA_TYPE", dataType)
      .integers("TENSOR_BYTE_ALIGNMENT", [TENSOR_ALIGNMENT_BYTES])
      .integers("TENSOR_DIMENSIONS", dimensions)
      .integers("TENSOR_STRIDES", channelsLastStrides(dimensions));
  });
}
