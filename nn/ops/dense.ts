import type { Parameter } from "../parameters.ts";
import { assertShape, elementCount } from "../shape.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/** y = x · weight: x `[n, in]`, weight `[in, out]` → `[n, out]`. No bias, as everywhere in this model. */
export function dense(tape: Tape, x: Tensor, weight: Parameter): Tensor {
  const { backend } = tape;
  const [inputs, outputs] = weight.shape;
  const n = x.shape[0];
  assertShape(`input of ${weight.name}`, x.shape, [n, inputs]);
  const y = tape.allocate([n, outputs], weight.name);
  const shape = { batch: 1, m: n, n: outputs, k: inputs, transposeA: false, transposeB: false, accumulate: false };
  backend.gemm(shape, { a: x, b: weight.value, c: y });
  tape.record({
    op: `dense ${weight.name}`,
    inputs: [x],
    outputs: [y],
    saved: tape.learns(weight) ? [x] : [],
    vjp: ([dy]) => {
      if (!dy) return;
      if (tape.learns(weight)) {
        const ofWeight = { ...shape, m: inputs, n: outputs, k: n, transposeA: true, accumulate: true };
        backend.gemm(ofWeight, { a: x, b: dy, c: weight.set.gradientOf(weight) });
      }
      tape.addGradient(x, (dx, accumulate) => {
        const ofInput = { ...shape, n: inputs, k: outputs, transposeB: true, accumulate };
        backend.gemm(ofInput, { a: dy, b: weight.value, c: dx });
      });
    },
  }, [weight]);
  return y;
}

/** The same numbers with another shape of as many elements, e.g. a volume `[n, D, H, W, C]` as `[n, D·H·W·C]`. */
export function reshape(tape: Tape, x: Tensor, shape: readonly number[]): Tensor {
  const y = tape.own(x.reshape(shape));
  tape.record({
    op: "reshape",
    inputs: [x],
    outputs: [y],
    saved: [],
    vjp: ([dy]) => {
      if (!dy) return;
      const dx = dy.reshape(x.shape);
      tape.passGradient(x, dx);
      dx[Symbol.dispose]();
    },
  });
  return y;
}

/** `[n, …]` as `[n, all the rest]`, row-major. */
export function flatten(tape: Tape, x: Tensor): Tensor {
  return reshape(tape, x, [x.shape[0], elementCount(x.shape.slice(1))]);
}
