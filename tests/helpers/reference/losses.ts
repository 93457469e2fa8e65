/** Softmax, the reconstruction loss and binary cross-entropy, in double precision. */
import type { ReconstructionFactors, ReconstructionShape, RowsShape } from "../../../nn/backend/backend.ts";

/** Softmax of each row. */
export function softmax({ rows, classes }: RowsShape, logits: Float32Array, probabilities: Float32Array): void {
  const row = new Float64Array(classes);
  for (let r = 0; r < rows; r++) {
    let maximum = -Infinity, sum = 0;
    for (let c = 0; c < classes; c++) maximum = Math.max(maximum, logits[r * classes + c]);
    for (let c = 0; c < classes; c++) sum += row[c] = Math.exp(logits[r * classes + c] - maximum);
    for (let c = 0; c < classes; c++) probabilities[r * classes + c] = row[c] / sum;
  }
}

/** dLogits_c = p_c·(g_c − Σ_k p_k·g_k), with `gradientAt(row, class)` giving g. */
export function softmaxBackward(
  { rows, classes }: RowsShape,
  probabilities: Float32Array,
  gradientAt: (row: number, c: number) => number,
  dLogits: Float32Array,
): void {
  const row = new Float64Array(classes);
  for (let r = 0; r < rows; r++) {
    let dot = 0;
    for (let c = 0; c < classes; c++) dot += probabilities[r * classes + c] * (row[c] = gradientAt(r, c));
    for (let c = 0; c < classes; c++) dLogits[r * classes + c] = probabilities[r * classes + c] * (row[c] - dot);
  }
}

/** 1 − p + ε with 1 + ε rounded to float32, as the original graph sums it; it matters where p is near 1. */
function complement(epsilon: number, p: number): number {
  return Math.fround(1 + Math.fround(epsilon)) - p;
}

/** The reconstruction loss over the known voxels, averaged over the samples. */
export function reconstructionLoss(
  { rows, classes, samples, gamma, epsilon }: ReconstructionShape,
  labels: Uint8Array,
  weights: Float32Array,
  probabilities: Float32Array,
): number {
  let sum = 0;
  for (let r = 0; r < rows; r++) {
    if (labels[r] >= classes) continue;
    for (let c = 0; c < classes; c++) {
      const p = probabilities[r * classes + c];
      sum -= weights[c] *
        (labels[r] === c ? gamma * Math.log(epsilon + p) : (1 - gamma) * Math.log(complement(epsilon, p)));
    }
  }
  return sum / samples;
}

/** Derivative of {@link reconstructionLoss} for the probability `p` of class `c` in a voxel of class `label`. */
export function reconstructionSlope(
  { samples, gamma, epsilon }: ReconstructionFactors,
  weight: number,
  label: number,
  c: number,
  p: number,
): number {
  return weight / samples * (label === c ? -gamma / (epsilon + p) : (1 - gamma) / complement(epsilon, p));
}

/** Weights of the classes from their shares among the known labels. */
export function classWeights(labels: Uint8Array, classes: number, weights: Float32Array): void {
  const counts = new Float64Array(classes);
  let known = 0;
  for (const label of labels) {
    if (label >= classes) continue;
    counts[label]++;
    known++;
  }
  const inverse = counts.map((count) => 1 / (known === 0 ? 1 : count / known + 1));
  const sum = inverse.reduce((a, b) => a + b, 0);
  weights.set(inverse.map((value) => value / sum));
}

/** softplus(x) = log(1 + eˣ), without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Mean binary cross-entropy of logits that all have the label `target`. */
export function bceLogits(logits: Float32Array, target: 0 | 1): number {
  let sum = 0;
  for (const logit of logits) sum += softplus(target === 1 ? -logit : logit);
  return sum / logits.length;
}

/** sigmoid(logit) − target, without cancellation: −sigmoid(−logit) for target 1. */
export function bceSlope(logit: number, target: 0 | 1): number {
  return target === 1 ? -1 / (1 + Math.exp(logit)) : 1 / (1 + Math.exp(-logit));
}
