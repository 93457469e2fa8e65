import type { Span } from "../backend/backend.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/** Consecutive entries of a batch of logits with the label they should get: 1 real, 0 made up. */
export interface LogitsTarget {
  readonly start: number;
  readonly count: number;
  readonly target: 0 | 1;
}

/**
 * loss `[1]` = Σ over the parts of the mean binary cross-entropy of `logits[start … start + count]` `[n, 1]`: the
 * adversarial losses of the paper, each a mean over its own batch. With `adds` it is added to what is in `loss`.
 */
export function bceLogits(
  tape: Tape,
  logits: Tensor,
  parts: readonly LogitsTarget[],
  loss: Tensor,
  adds = false,
): Tensor {
  const { backend } = tape;
  const at = (tensor: Tensor, start: number): Span => ({
    buffer: tensor.buffer,
    byteOffset: tensor.byteOffset + start * 4,
  });
  parts.forEach(({ start, count, target }, index) => {
    const shape = { count, target, accumulate: adds || index > 0 };
    backend.bceLogits(shape, { logits: at(logits, start), loss });
  });
  tape.record({
    op: "bceLogits",
    inputs: [logits],
    outputs: [loss],
    saved: [logits],
    vjp: () => {
      const weight = tape.weightOf(loss);
      const whole = parts.reduce((sum, { count }) => sum + count, 0) === logits.size; // parts do not overlap
      tape.addGradient(logits, (dLogits, add) => {
        if (!add && !whole) backend.fill({ count: logits.size, value: 0 }, { x: dLogits });
        for (const { start, count, target } of parts) {
          const shape = { count, target, scale: weight, accumulate: add || !whole };
          backend.bceLogitsBackward(shape, { logits: at(logits, start), dLogits: at(dLogits, start) });
        }
      });
    },
  });
  return loss;
}
