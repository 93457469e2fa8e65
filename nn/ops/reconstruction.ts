import type { RowsShape } from "../backend/backend.ts";
import { assertShape } from "../shape.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/** Added inside both logarithms of the reconstruction loss (docs/model.md). */
const LOG_EPSILON = 1e-6;

/** What a volume of probabilities is compared with. */
export interface ReconstructionTarget {
  /** uint8 `[n, D, H, W]`: the true classes; compared with the first n volumes, but for unknown voxels. */
  readonly labels: Tensor;
  /** float32 `[classes]` from {@link classWeights}. */
  readonly classWeights: Tensor;
  /** γ: weight of the true class against 1 − γ for the others. */
  readonly gamma: number;
  /** float32 `[1]` that the loss is written to. */
  readonly loss: Tensor;
}

/** weights `[classes]` of the classes by their share m_c in `labels`: w_c = (1/(m_c + 1)) / Σ_k 1/(m_k + 1). */
export function classWeights(tape: Tape, labels: Tensor, classes: number): Tensor {
  const weights = tape.allocate([classes], "class weights");
  tape.backend.classWeights({ count: labels.size, classes }, { labels, weights });
  return weights;
}

/**
 * Softmax over the last axis, in place of `logits` `[n, D, H, W, classes]`, which must not be used afterwards; with a
 * target also the reconstruction loss of the first volumes, whose gradient is computed together with the softmax's.
 * Unknown voxels add nothing to it.
 *
 * @param sparse labels uint8 `[m, D, H, W]` of real volumes that a discriminator sees beside these, where n is a
 *   multiple of m: volumes i, i + m, … have zeros where volume i is unknown, as `oneHot` has. Logits get no
 *   gradient there: it is p·(g − Σp·g), and p is 0.
 */
export function softmax(
  tape: Tape,
  logits: Tensor,
  target: ReconstructionTarget | null = null,
  sparse: Tensor | null = null,
): Tensor {
  const { backend } = tape;
  const classes = logits.shape.at(-1)!;
  const p = tape.own(logits.overwrite());
  const shape: RowsShape = { rows: p.size / classes, classes };
  backend.softmax(shape, { logits: p, probabilities: p });
  if (target) {
    assertShape("reconstruction", [target.labels.shape[0], ...p.shape.slice(1, -1)], target.labels.shape);
    const compared = { ...factorsOf(target), rows: target.labels.size, classes };
    backend.reconstructionLoss(compared, { ...target, probabilities: p });
  }
  for (let row = 0; sparse && row < shape.rows; row += sparse.size) {
    backend.maskUnknown({ rows: sparse.size, classes }, {
      labels: sparse,
      x: after(p, p.byteLength / shape.rows * row),
    });
  }
  tape.record({
    op: "softmax",
    inputs: [logits],
    outputs: target ? [p, target.loss] : [p],
    saved: target ? [p, target.labels, target.classWeights] : [p],
    vjp: ([dp]) => {
      const weight = target ? tape.weightOf(target.loss) : 0;
      const share = target && weight !== 0 ? target.labels.size : 0;
      if (dp) {
        const dLogits = tape.exclusive(dp);
        write(dLogits, dp, share);
        tape.passGradient(logits, dLogits);
      } else {
        tape.addGradient(logits, (dLogits, add) => {
          if (add) throw new RangeError("logits must have no other reader");
          write(dLogits, null, share);
        });
      }
    },
  });

  /** The first `share` rows get the loss's gradient too. */
  function write(dLogits: Tensor, dp: Tensor | null, share: number): void {
    if (share > 0 && target) {
      const { labels, classWeights, loss } = target;
      const reconstruction = { ...factorsOf(target), scale: tape.weightOf(loss) };
      const operands = { probabilities: p, dProbabilities: dp, labels, classWeights, dLogits };
      backend.softmaxBackward({ rows: share, classes, reconstruction }, operands);
    }
    const rest = { rows: shape.rows - share, classes }, bytes = p.byteLength / shape.rows * share;
    if (rest.rows === 0) return;
    if (!dp) return backend.fill({ count: p.stored / shape.rows * rest.rows, value: 0 }, { x: after(dLogits, bytes) });
    const [probabilities, dProbabilities, below] = [p, dp, dLogits].map((tensor) => after(tensor, bytes));
    const operands = { probabilities, dProbabilities, labels: null, classWeights: null, dLogits: below };
    backend.softmaxBackward({ ...rest, reconstruction: null }, operands);
  }
  return p;
}

function factorsOf({ labels, gamma }: ReconstructionTarget) {
  return { samples: labels.shape[0], gamma, epsilon: LOG_EPSILON };
}

function after(tensor: Tensor, bytes: number) {
  const { buffer, byteOffset, dtype } = tensor;
  return { buffer, byteOffset: byteOffset + bytes, dtype };
}
