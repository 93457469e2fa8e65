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
    const inner = Tensor.allocate(backend, x.shape, first.name);
    backend.convForward(geometry, x, first.value, inner);
    backend.activation(inner.size, RELU, inner, inner);
    return inner;
  };
  // Given back at once; on the tape it stands for its gradient, taken before the activation.
  using inner = computeInner();
  const y = tape.allocate(x.shape, second.name);
  backend.convForward(geometry, inner, second.value, y);
  tape.record({
    op: `conv3d ${first.name}`,
    inputs: [x],
    outputs: [inner],
    saved: [x],
    vjp: ([dInner]) => {
      if (!dInner) return;
      if (tape.learns(first)) backend.convFilterGradient(geometry, x, dInner, first.set.gradientOf(first), true);
      tape.addGradient(x, (dx, add) => backend.convInputGradient(geometry, dInner, first.value, dx, add));
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
      if (tape.learns(second)) backend.convFilterGradient(geometry, again, dy, second.set.gradientOf(second), true);
      tape.addGradient(inner, (dInner, add) => {
        backend.convInputGradient(geometry, dy, second.value, dInner, add);
        backend.activationBackward(dInner.size, RELU, again, dInner, dInner);
      });
    },
  }, [second]);
  return y;
}
