/** The seam of operations on rows of classes: WebAssembly here, machine code in `native/rows/`. */
import type { ReconstructionShape, RowsShape } from "../backend.ts";
import type { Engine } from "./engine.ts";
import { reconstructionLoss } from "./kernels/reconstruction_loss.ts";
import { softmax } from "./kernels/softmax.ts";
import { type FusedReconstruction, softmaxBackward } from "./kernels/softmax_backward.ts";

/** Operations on `[rows, classes]`, as in `Backend`. Operands are addresses in the engine's memory. */
export interface RowOperations {
  softmax(engine: Engine, shape: RowsShape, x: number, y: number): void;
  reconstructionLoss(
    engine: Engine,
    shape: ReconstructionShape,
    labels: number,
    weights: number,
    p: number,
    loss: number,
  ): void;
  /** @throws {RangeError} if there is neither `dp` nor `loss` */
  softmaxBackward(
    engine: Engine,
    shape: RowsShape,
    p: number,
    dp: number | null,
    loss: FusedReconstruction | null,
    dx: number,
  ): void;
}

/** These operations in WebAssembly, for any number of classes. */
export const WASM_ROWS: RowOperations = { softmax, reconstructionLoss, softmaxBackward };
