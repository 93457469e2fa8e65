/** Operands of the reconstruction loss inside the softmax's gradient. */
import type { ReconstructionGradient, RowsShape } from "../../../nn/backend/backend.ts";
import { reconstructionSlope } from "./losses.ts";
import { bytes, floats, requireDisjoint } from "./reference_buffer.ts";

/** The reconstruction loss's gradient at (row, class), after checking the operands. */
export function reconstructionSlopeAt(
  reconstruction: ReconstructionGradient,
  { rows, classes }: RowsShape,
  probabilities: Float32Array,
  dLogits: Float32Array,
): (row: number, c: number) => number {
  if (reconstruction.rows !== rows || reconstruction.classes !== classes) {
    throw new RangeError(
      `reconstruction of ${reconstruction.rows} × ${reconstruction.classes}, softmax of ${rows} × ${classes}`,
    );
  }
  const label = bytes(reconstruction.labels, rows), weights = floats(reconstruction.classWeights, classes);
  requireDisjoint(dLogits, label, weights);
  return (r, c) =>
    reconstruction.scale *
    reconstructionSlope(reconstruction, weights[c], label[r], c, probabilities[r * classes + c]);
}
