import { assertShape } from "../shape.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * uint8 labels `[n, D, H, W]` as numbers `[n, D, H, W, classes]` of the engine's type, zeros for unknown voxels; written
 * to `into` if given.
 */
export function oneHot(tape: Tape, labels: Tensor, classes: number, into?: Tensor): Tensor {
  const shape = [...labels.shape, classes];
  if (into) assertShape("one-hot volumes", into.shape, shape);
  const x = into ?? tape.allocate(shape, "one-hot volumes", tape.activations);
  tape.backend.oneHot({ rows: labels.size, classes }, { labels, x });
  return x;
}

/** Most probable class of each voxel, the first of equals: `[…, classes]` → uint8 `[…]`. */
export function argmax(tape: Tape, x: Tensor): Tensor {
  const classes = x.shape.at(-1)!;
  const labels = tape.allocate(x.shape.slice(0, -1), "labels", "u8");
  tape.backend.argmax({ rows: labels.size, classes }, { x, labels });
  return labels;
}
