import { assert } from "@std/assert";
import type { ReconstructionShape } from "../../../../nn/backend/backend.ts";
import { normal, type Operand, someLabels, type Twin } from "./twin.ts";
import type { Suite } from "./suite_type.ts";

const ROWS_CLASSES = [[1, 1], [1, 12], [3, 2], [101, 3], [7, 5], [1001, 8], [5003, 12], [1003, 13]];

/** Probabilities on both engines, by the reference's softmax; every 17th row is as sure as float32 can be. */
function someProbabilities(pair: Twin, rows: number, classes: number, seed: number): Operand {
  const logits = normal(rows * classes, seed).map((x, i) => x * (Math.floor(i / classes) % 17 === 3 ? 40 : 3));
  const draft = pair.operand(logits);
  pair.run((engine, at) => {
    if (engine === pair.reference) engine.softmax({ rows, classes }, { logits: at(draft), probabilities: at(draft) });
  });
  return pair.operand(pair.read(draft, 1));
}

/** Softmax, the reconstruction loss, class weights and cross-entropy. */
export function lossCases({ test, twin }: Suite): void {
  test("softmax: in place and not, logits up to ±100", () => {
    for (const [rows, classes] of ROWS_CLASSES) {
      // The difference to the maximum is rounded before its exponential is taken.
      for (const [spread, relative] of [[2, 3e-6], [100, 3e-5]]) {
        using pair = twin();
        const logits = normal(rows * classes, 1).map((x) => spread * Math.max(-1, Math.min(1, x)));
        const x = pair.operand(logits), p = pair.output(rows * classes);
        pair.call("softmax", { rows, classes }, { logits: x, probabilities: p });
        pair.assertClose(p, { relative, absolute: 1e-36 }, `${rows} × ${classes}, logits to ${spread}`);
        pair.assertUntouched(x);
        pair.call("softmax", { rows, classes }, { logits: x, probabilities: x });
        pair.assertClose(x, { relative, absolute: 1e-36 }, "in place");
      }
    }
  });

  test("softmax and its gradient: rows longer than there can be classes", () => {
    for (const [rows, classes] of [[75, 75], [5, 257], [301, 600], [2, 5001]]) {
      using pair = twin();
      const count = rows * classes, x = pair.operand(normal(count, 12, 0, 3)), p = pair.output(count);
      pair.call("softmax", { rows, classes }, { logits: x, probabilities: p });
      pair.assertClose(p, { relative: 5e-6, absolute: 1e-36 }, `${rows} × ${classes}`);
      const probabilities = pair.operand(pair.read(p, 1));
      const dp = pair.operand(normal(count, 13)), dx = pair.output(count);
      for (const dLogits of [dx, dp]) {
        const operands = { probabilities, dProbabilities: dp, labels: null, classWeights: null, dLogits };
        pair.call("softmaxBackward", { rows, classes, reconstruction: null }, operands);
        pair.assertClose(dLogits, { relative: 2e-6, absolute: 1e-6 }, `gradient of ${rows} × ${classes}`);
      }
      pair.assertUntouched(probabilities);
    }
  });

  test("softmaxBackward: incoming gradient, fused reconstruction gradient and both, in place and not", () => {
    for (const [rows, classes] of ROWS_CLASSES) {
      for (const [incoming, fused] of [[true, false], [false, true], [true, true]]) {
        using pair = twin();
        const probabilities = someProbabilities(pair, rows, classes, 2);
        const dp = pair.operand(normal(rows * classes, 3)), dx = pair.output(rows * classes);
        const labels = pair.operand(someLabels(rows, classes, 4));
        const weights = pair.operand(normal(classes, 5, 0, 0.1).map(Math.abs));
        const loss = { samples: 2, gamma: 0.97, epsilon: 1e-6, scale: 0.7 };
        const backward = (target: Operand) =>
          pair.call("softmaxBackward", { rows, classes, reconstruction: fused ? loss : null }, {
            probabilities,
            dProbabilities: incoming ? dp : null,
            labels: fused ? labels : null,
            classWeights: fused ? weights : null,
            dLogits: target,
          });
        backward(dx);
        // The gradient of a sure and wrong class is huge and cancels against the row's sum: errors are relative to that.
        const fusedLoss = fused ? { ...loss, rows, classes, labels, weights } : null;
        const scale = gradientScale(pair, probabilities, fusedLoss, incoming ? dp : null);
        // Below the normal numbers one step of float32 is more than that.
        const absoluteAt = (i: number) => 2e-6 * scale[i] + 1e-38;
        pair.assertClose(dx, { absoluteAt, relative: 2e-6 }, `${rows} × ${classes}`);
        if (incoming) {
          backward(dp);
          pair.assertClose(dp, { absoluteAt, relative: 2e-6 }, "in place");
        }
        pair.assertUntouched(probabilities);
      }
    }
  });

  test("classWeights: shares of every class among the known voxels, absent ones included", () => {
    for (const classes of [1, 2, 5, 12, 13]) {
      for (const count of [1, 7, 1001, 150_001]) {
        using pair = twin();
        const labels = pair.operand(someLabels(count, classes, 6)), weights = pair.output(classes);
        pair.call("classWeights", { count, classes }, { labels, weights });
        pair.assertClose(weights, { relative: 5e-7 });
        pair.assertUntouched(labels);
      }
    }
  });

  test("reconstructionLoss: small and large, sure and unsure", () => {
    for (const [rows, classes] of [...ROWS_CLASSES, [40_009, 12]]) {
      using pair = twin();
      const shape: ReconstructionShape = { rows, classes, samples: 3, gamma: 0.97, epsilon: 1e-6 };
      const probabilities = someProbabilities(pair, rows, classes, 7),
        labels = pair.operand(someLabels(rows, classes, 8));
      const classWeights = pair.operand(normal(classes, 9, 0, 0.1).map(Math.abs)), loss = pair.output(1);
      pair.call("reconstructionLoss", shape, { labels, classWeights, probabilities, loss });
      pair.assertClose(loss, { relative: 2e-6, absolute: 1e-7 * rows }, `${rows} × ${classes}`);
      pair.assertUntouched(probabilities);
    }
  });

  test("classWeights, reconstructionLoss, softmaxBackward: batches of which nothing is known", () => {
    for (const classes of [2, 12, 13]) {
      using pair = twin();
      const rows = 101, labels = pair.operand(new Uint8Array(rows).fill(255)), weights = pair.output(classes);
      pair.call("classWeights", { count: rows, classes }, { labels, weights });
      pair.assertClose(weights, { relative: 5e-7 });
      const probabilities = someProbabilities(pair, rows, classes, 13), classWeights = weights;
      const factors = { samples: 1, gamma: 0.97, epsilon: 1e-6 }, loss = pair.output(1);
      pair.call("reconstructionLoss", { rows, classes, ...factors }, { labels, classWeights, probabilities, loss });
      const dLogits = pair.output(rows * classes), reconstruction = { ...factors, scale: 1 };
      const operands = { probabilities, dProbabilities: null, labels, classWeights, dLogits };
      pair.call("softmaxBackward", { rows, classes, reconstruction }, operands);
      for (const result of [loss, dLogits]) assert(pair.read(result, 0).every((value) => value === 0));
    }
  });

  test("bceLogits: both targets, added to or not, logits of ±50", () => {
    for (const target of [0, 1] as const) {
      for (const logits of [[50], [-50], [0], [3, -1.5, 50, -50, 0.25, -0], [...normal(1001, 10, 1, 4)]]) {
        for (const accumulate of [false, true]) {
          using pair = twin();
          const x = pair.operand(Float32Array.from(logits));
          const loss = accumulate ? pair.operand(Float32Array.of(0.75)) : pair.output(1);
          pair.call("bceLogits", { count: logits.length, target, accumulate }, { logits: x, loss });
          pair.assertClose(loss, { relative: 5e-7, absolute: 1e-7 }, `target ${target}`);
          pair.assertUntouched(x);
        }
      }
    }
  });

  test("bceLogitsBackward: both targets, added to or not, logits of ±50", () => {
    for (const target of [0, 1] as const) {
      for (const logits of [[50], [-50], [3, -1.5, 50, -50, 0.25, -0], [...normal(1001, 11, 1, 4)]]) {
        for (const accumulate of [false, true]) {
          using pair = twin();
          const count = logits.length, x = pair.operand(Float32Array.from(logits));
          const dx = accumulate ? pair.operand(normal(count, 12)) : pair.output(count);
          pair.call("bceLogitsBackward", { count, target, scale: 0.5, accumulate }, { logits: x, dLogits: dx });
          pair.assertClose(dx, { relative: 5e-7, absolute: 2e-7 / (accumulate ? 1 : count) }, `target ${target}`);
          pair.assertUntouched(x);
        }
      }
    }
  });
}

/** p_c·(|g_c| + Σ_k p_k·|g_k|): the size of the terms whose difference is the gradient of a logit. */
function gradientScale(
  pair: Twin,
  p: Operand,
  loss: ReconstructionShape & { labels: Operand; weights: Operand; scale: number } | null,
  incoming: Operand | null,
): Float64Array {
  const probability = pair.read(p, 1), classes = loss?.classes ?? probability.length;
  const gradient = Float64Array.from(probability, (value, i) => {
    const c = i % classes, row = Math.floor(i / classes);
    let size = incoming ? Math.abs(incoming.content[i]) : 0;
    if (loss) {
      const right = loss.labels.content[row] === c;
      const slope = right ? loss.gamma / (loss.epsilon + value) : (1 - loss.gamma) / (1 + 9e-7 - value);
      size += loss.weights.content[c] * loss.scale / loss.samples * slope;
    }
    return size;
  });
  const rows = Math.floor(probability.length / classes);
  const sums = Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let i = row * classes; i < (row + 1) * classes; i++) sum += probability[i] * gradient[i];
    return sum;
  });
  return gradient.map((size, i) => probability[i] * (size + sums[Math.floor(i / classes)]));
}
