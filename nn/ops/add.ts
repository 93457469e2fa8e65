import { assertShape } from "../shape.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/** shortcut + branch, computed in place of `branch`, which must not be used afterwards. */
export function add(tape: Tape, shortcut: Tensor, branch: Tensor): Tensor {
  const { backend } = tape;
  assertShape("addition", branch.shape, shortcut.shape);
  const y = tape.own(branch.overwrite());
  backend.axpby({ count: y.stored, a: 1, b: 1 }, { x: shortcut, y });
  tape.record({
    op: "add",
    inputs: [shortcut, branch],
    outputs: [y],
    saved: [],
    vjp: ([dy]) => {
      if (!dy) return;
      tape.passGradient(shortcut, dy);
      tape.passGradient(branch, dy);
    },
  });
  return y;
}
