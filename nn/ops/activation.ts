import { assertShape } from "../shape.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/** Slope of the leaky ReLU below zero (docs/model.md). */
export const LEAK = 0.2;

/** max(x, slope·x), computed in place: `x` must not be used afterwards. Slope 0 is the ReLU. */
export function activate(tape: Tape, x: Tensor, slope: number): Tensor {
  const { backend } = tape;
  const y = tape.own(x.overwrite());
  backend.activation({ count: y.stored, slope }, { x: y, y });
  tape.record({
    op: slope === 0 ? "relu" : "leaky relu",
    inputs: [x],
    outputs: [y],
    saved: [y],
    vjp: ([dy]) => {
      if (!dy) return;
      const dx = tape.exclusive(dy);
      backend.activationBackward({ count: y.stored, slope }, { y, dy: dx, dx });
      tape.passGradient(x, dx);
    },
  });
  return y;
}

/** relu(shortcut + branch), computed in place of `branch`, which must not be used afterwards. */
export function addRelu(tape: Tape, shortcut: Tensor, branch: Tensor): Tensor {
  const { backend } = tape;
  assertShape("addition", branch.shape, shortcut.shape);
  const y = tape.own(branch.overwrite());
  backend.addActivation({ count: y.stored, slope: 0 }, { a: shortcut, b: y, y });
  tape.record({
    op: "add relu",
    inputs: [shortcut, branch],
    outputs: [y],
    saved: [y],
    vjp: ([dy]) => {
      if (!dy) return;
      const dSum = tape.exclusive(dy);
      backend.activationBackward({ count: y.stored, slope: 0 }, { y, dy: dSum, dx: dSum });
      tape.passGradient(shortcut, dSum);
      tape.passGradient(branch, dSum);
    },
  });
  return y;
}
