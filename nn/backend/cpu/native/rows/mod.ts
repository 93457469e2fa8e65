/** Operations on rows of classes in machine code, for the seam `RowOperations`. */
import { type RowOperations, WASM_ROWS } from "../../row_operations.ts";
import type { NativeKernel } from "../kernel.ts";
import type { VectorSet } from "../vector_set.ts";
import { RECONSTRUCTION_LOSS_KERNELS, reconstructionLoss } from "./reconstruction_loss.ts";
import { rowVectors } from "./row_code.ts";
import { softmax, SOFTMAX_KERNELS } from "./softmax.ts";
import { SOFTMAX_BACKWARD_KERNELS, softmaxBackward } from "./softmax_backward.ts";

/** The kernels of {@link nativeRows}. */
export const ROW_KERNELS: readonly NativeKernel[] = [
  ...SOFTMAX_KERNELS,
  ...RECONSTRUCTION_LOSS_KERNELS,
  ...SOFTMAX_BACKWARD_KERNELS,
];

/** The operations for a set of vector instructions; rows of more than two vectors go to WebAssembly. */
export function nativeRows({ lanes }: VectorSet): RowOperations {
  return {
    softmax(engine, shape, ...operands) {
      const vectors = rowVectors(shape.classes, lanes);
      if (vectors === null) return WASM_ROWS.softmax(engine, shape, ...operands);
      softmax(engine, vectors, lanes, shape, ...operands);
    },
    reconstructionLoss(engine, shape, ...operands) {
      const vectors = rowVectors(shape.classes, lanes);
      if (vectors === null) return WASM_ROWS.reconstructionLoss(engine, shape, ...operands);
      reconstructionLoss(engine, vectors, lanes, shape, ...operands);
    },
    softmaxBackward(engine, shape, ...operands) {
      const vectors = rowVectors(shape.classes, lanes);
      if (vectors === null) return WASM_ROWS.softmaxBackward(engine, shape, ...operands);
      softmaxBackward(engine, vectors, lanes, shape, ...operands);
    },
  };
}
