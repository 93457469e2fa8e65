import { assertShape } from "../shape.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/** loss `[1]` = the mean of (x − target)² over all numbers, both of one shape. Only x gets a gradient. */
export function squaredError(tape: Tape, x: Tensor, target: Tensor, loss: Tensor): Tensor {
  const { backend } = tape, count = x.size;
  assertShape("squared error", x.shape, target.shape);
  return tape.scope(() => {
    const difference = tape.allocate(x.shape, "squared error");
    backend.axpby({ count, a: -1, b: 0 }, { x: target, y: difference });
    backend.axpby({ count, a: 1, b: 1 }, { x, y: difference });
    backend.sumOfSquares({ count, factor: 1 / count }, { x: difference, sum: loss });
    tape.record({
      op: "squaredError",
      inputs: [x],
      outputs: [loss],
      saved: [difference],
      vjp: () => {
        const slope = 2 * tape.weightOf(loss) / count;
        tape.addGradient(x, (dx, add) => {
          backend.axpby({ count, a: slope, b: add ? 1 : 0 }, { x: difference, y: dx });
        });
      },
    });
    return loss;
  });
}
