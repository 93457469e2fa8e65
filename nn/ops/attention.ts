import type { Span } from "../backend/backend.ts";
import { assertShape, shapeText } from "../shape.ts";
import type { Tape } from "../tape.ts";
import { Tensor } from "../tensor.ts";

/** Sizes of an attention. */
export interface AttentionShape {
  readonly samples: number;
  /** Rows of a sample, which attend to each other. */
  readonly cells: number;
  /** Equal parts of the channels, each with attention of its own. */
  readonly heads: number;
}

/**
 * softmax(QKᵀ/√d)·V for each sample and head (A. Vaswani et al., "Attention Is All You Need", 2017, section 3.2): qkv
 * `[samples·cells, 3·C]`, queries, keys and values one after the other, → `[samples·cells, C]`; d = C / heads.
 */
export function attention(tape: Tape, qkv: Tensor, { samples, cells, heads }: AttentionShape): Tensor {
  const { backend } = tape, channels = qkv.shape[1] / 3, width = channels / heads;
  assertShape("queries, keys and values", qkv.shape, [samples * cells, 3 * channels]);
  if (!Number.isInteger(width)) throw new RangeError(`${heads} heads do not divide ${shapeText(qkv.shape)} in thrice`);
  const batch = samples * heads, count = batch * cells * width, scale = 1 / Math.sqrt(width);
  const product = { batch, transposeA: false, transposeB: false, accumulate: false };
  const scores = { ...product, m: cells, n: cells, k: width, transposeB: true }; // [cells, width]·[cells, width]ᵀ
  const mixture = { ...product, m: cells, n: width, k: cells }; // [cells, cells]·[cells, width]
  const rows = { rows: batch * cells, classes: cells };
  return tape.scope(() => {
    const parts = tape.allocate([3, samples, heads, cells, width], "attention");
    backend.permute({ sizes: [samples, cells, 3, heads, width], order: [2, 0, 3, 1, 4] }, { x: qkv, y: parts });
    const [q, k, v] = thirds(parts);
    backend.axpby({ count, a: scale, b: 0 }, { x: q, y: q });
    const weights = tape.allocate([batch, cells, cells], "attention weights");
    backend.gemm(scores, { a: q, b: k, c: weights });
    backend.softmax(rows, { logits: weights, probabilities: weights });
    const attended = tape.allocate([samples, heads, cells, width], "attention");
    backend.gemm(mixture, { a: weights, b: v, c: attended });
    const y = tape.allocate([samples * cells, channels], "attention");
    backend.permute({ sizes: attended.shape, order: [0, 2, 1, 3] }, { x: attended, y });
    tape.record({
      op: "attention",
      inputs: [qkv],
      outputs: [y],
      saved: [parts, weights],
      vjp: ([dy]) => {
        if (!dy) return;
        using dAttended = Tensor.allocate(backend, attended.shape, "attention gradients");
        backend.permute({ sizes: [samples, cells, heads, width], order: [0, 2, 1, 3] }, { x: dy, y: dAttended });
        using dParts = Tensor.allocate(backend, parts.shape, "attention gradients");
        const [dq, dk, dv] = thirds(dParts);
        backend.gemm({ ...mixture, transposeA: true }, { a: weights, b: dAttended, c: dv });
        using dWeights = Tensor.allocate(backend, weights.shape, "attention gradients");
        backend.gemm(scores, { a: dAttended, b: v, c: dWeights });
        const given = { dProbabilities: dWeights, labels: null, classWeights: null };
        const softmax = { ...rows, reconstruction: null };
        backend.softmaxBackward(softmax, { probabilities: weights, ...given, dLogits: dWeights });
        backend.gemm(mixture, { a: dWeights, b: k, c: dq });
        backend.axpby({ count, a: scale, b: 0 }, { x: dq, y: dq });
        backend.gemm({ ...mixture, transposeA: true }, { a: dWeights, b: q, c: dk });
        using dQkv = Tensor.allocate(backend, qkv.shape, "activation gradients");
        backend.permute({ sizes: parts.shape, order: [1, 3, 0, 2, 4] }, { x: dParts, y: dQkv });
        tape.passGradient(qkv, dQkv);
      },
    });
    return y;
  });
}

/** Where the entries of a first axis of three start: queries, keys and values. */
function thirds({ buffer, byteOffset, byteLength }: Tensor): [Span, Span, Span] {
  const at = (index: number) => ({ buffer, byteOffset: byteOffset + byteLength / 3 * index });
  return [at(0), at(1), at(2)];
}
