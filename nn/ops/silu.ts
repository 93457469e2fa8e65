import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/** x·sigmoid(x) of any shape (S. Elfwing et al., "Sigmoid-Weighted Linear Units", 2018). */
export function silu(tape: Tape, x: Tensor): Tensor {
  const { backend } = tape, shape = { count: x.size };
  const y = tape.allocate(x.shape, "silu");
  backend.silu(shape, { x, y });
  tape.record({
    op: "silu",
    inputs: [x],
    outputs: [y],
    saved: [x],
    vjp: ([dy]) => {
      if (!dy) return;
      const dx = tape.exclusive(dy);
      backend.siluBackward(shape, { x, dy: dx, dx });
      tape.passGradient(x, dx);
    },
  });
  return y;
}
