import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/** Mean over all but the first axis: float32 `[n, …]` → `[n, 1]`. */
export function mean(tape: Tape, x: Tensor): Tensor {
  const { backend } = tape, n = x.shape[0], count = x.size / n;
  const y = tape.allocate([n, 1], "means"), shares = tape.allocate([count], "shares of a mean");
  backend.fill({ count, value: 1 / count }, { x: shares });
  const shape = { batch: 1, m: n, transposeA: false, transposeB: false };
  backend.gemm({ ...shape, n: 1, k: count, accumulate: false }, { a: x, b: shares, c: y });
  tape.record({
    op: "mean",
    inputs: [x],
    outputs: [y],
    saved: [shares],
    vjp: ([dy]) => {
      if (!dy) return;
      tape.addGradient(x, (dx, accumulate) => {
        backend.gemm({ ...shape, n: count, k: 1, accumulate }, { a: dy, b: shares, c: dx });
      });
    },
  });
  return y;
}
