/** Operations on rows of classes in machine code. */
import { ELEMENTWISE, type ElementwiseOperations } from "../../kernels/all.ts";
import type { CpuOperation } from "../../operation.ts";
import type { NativeKernel } from "../kernel.ts";
import type { VectorSet } from "../vector_set.ts";
import { RECONSTRUCTION_LOSS_KERNELS, reconstructionLoss } from "./reconstruction_loss.ts";
import { type RowOperation, rowVectors } from "./row_code.ts";
import { softmax, SOFTMAX_KERNELS } from "./softmax.ts";
import { SOFTMAX_BACKWARD_KERNELS, softmaxBackward } from "./softmax_backward.ts";

/** The kernels of {@link nativeRows}. */
export const ROW_KERNELS: readonly NativeKernel[] = [
  ...SOFTMAX_KERNELS,
  ...RECONSTRUCTION_LOSS_KERNELS,
  ...SOFTMAX_BACKWARD_KERNELS,
];

type RowName = "softmax" | "reconstructionLoss" | "softmaxBackward";

/** The operations for a set of vector instructions; rows of more than two vectors go to WebAssembly. */
export function nativeRows({ lanes }: VectorSet): Pick<ElementwiseOperations, RowName> {
  const native =
    <Name extends RowName>(run: RowOperation<Name>, otherwise: CpuOperation<Name>): CpuOperation<Name> => (...call) => {
      const vectors = rowVectors(call[1].classes, lanes);
      if (vectors === null) otherwise(...call);
      else run(vectors, lanes, ...call);
    };
  return {
    softmax: native(softmax, ELEMENTWISE.softmax),
    reconstructionLoss: native(reconstructionLoss, ELEMENTWISE.reconstructionLoss),
    softmaxBackward: native(softmaxBackward, ELEMENTWISE.softmaxBackward),
  };
}
