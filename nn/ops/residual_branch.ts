import type { Parameter } from "../parameters.ts";
import { assertShape } from "../shape.ts";
import type { Tape } from "../tape.ts";
import { Tensor } from "../tensor.ts";
import { activate } from "./activation.ts";
import { conv3d, convGeometry } from "./conv3d.ts";

const RELU = { slope: 0 };

/**
 * conv(relu(conv(x))), the branch of a residual block: x `[n, D, H, W, C]`, filters `[C, k, k, k, C]` → `[n, D, H, W, C]`.
 *
 * A tape that {@link Tape.recomputes} keeps nothing but x: what lies between the convolutions is computed again when
 * the second one's gradients want it, which gives the same bits (Chen et al., "Training Deep Nets with Sublinear Memory
 * Cost", 2016, section 3). The output of the branch is not needed for its gradient.
 */
export function residualBranch(tape: Tape, x: Tensor, first: Parameter, second: Parameter): Tensor {
  if (!tape.recomputes) return conv3d(tape, activate(tape, conv3d(tape, x, first, 1), RELU.slope), second, 1);
  const { backend } = tape;
  const [n, d, h, w, channels] = x.shape;
  assertShape(`input of ${first.name}`, first.shape, [channels, ...first.shape.slice(1, 4), channels]);
  assertShape(second.name, second.shape, first.shape);
  const geometry = convGeometry(n, [d, h, w], first.shape, 1);
  const computeInner = (): Tensor => {
    const inner = Tensor.allocate(backend, x.shape, first.name, x.dtype);
    backend.convForward({ geometry }, { input: x, filter: first.value, output: inner });
    backend.activation({ count: inner.stored, ...RELU }, { x: inner, y: inner });
    return inner;
  };
  // Given back at once; on the tape it stands for its gradient, taken before the activation.
  using inner = computeInner();
  const y = tape.allocate(x.shape, second.name, x.dtype);
  backend.convForward({ geometry }, { input: inner, filter: second.value, output: y });
  tape.record({
    op: `conv3d ${first.name}`,
    inputs: [x],
    outputs: [inner],
    saved: [x],
    vjp: ([dInner]) => {
      if (!dInner) return;
      if (tape.learns(first)) {
        const dFilter = first.set.gradientOf(first);
        backend.convFilterGradient({ geometry, accumulate: true }, { input: x, dOutput: dInner, dFilter });
      }
      tape.addGradient(x, (dInput, accumulate) => {
        backend.convInputGradient({ geometry, accumulate }, { dOutput: dInner, filter: first.value, dInput });
      });
    },
  }, [first]);
  tape.record({
    op: `conv3d ${second.name}`,
    inputs: [inner],
    outputs: [y],
    saved: [x],
    vjp: ([dy]) => {
      if (!dy) return;
      using again = computeInner();
      if (tape.learns(second)) {
        const dFilter = second.set.gradientOf(second);
        backend.convFilterGradient({ geometry, accumulate: true }, { input: again, dOutput: dy, dFilter });
      }
      tape.addGradient(inner, (dInner, accumulate) => {
        backend.convInputGradient({ geometry, accumulate }, { dOutput: dy, filter: second.value, dInput: dInner });
        backend.activationBackward({ count: dInner.stored, ...RELU }, { y: again, dy: dInner, dx: dInner });
      });
    },
  }, [second]);
  return y;
}
