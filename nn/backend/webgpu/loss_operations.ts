/** Softmax, losses and sums of squares on the device. */
import { each, type Operand, whole } from "./launcher.ts";
import type { DeviceOperations, Loops } from "./loops.ts";

/** See the file's comment. */
export function lossOperations(loops: Loops) {
  return {
    softmax({ rows, classes }, { logits, probabilities }) {
      loops.elements({
        ...{ name: "softmax", items: rows, sizes: { classes } },
        operands: { x: each(logits, classes), y: each(probabilities, classes) },
        body: `let begin = i * P.classes; let end = begin + P.classes; var most = x_at(begin); var total = Sum();
  for (var at = begin; at < end; at++) { most = max(most, x_at(at)); }
  for (var at = begin; at < end; at++) {
    let power = exponential(x_at(at) - most); set_y(at, power); total = add(total, vec2f(power, 0.0));
  }
  let sum = total.high.x + total.low.x;
  for (var at = begin; at < end; at++) { set_y(at, y_at(at) / sum); }`,
      });
    },
    softmaxBackward({ rows, classes, reconstruction }, places) {
      const { probabilities, dProbabilities, labels, classWeights, dLogits } = places;
      const { gamma, epsilon, scale, samples } = reconstruction ?? { gamma: 1, epsilon: 0, scale: 0, samples: 1 };
      const operands: Record<string, Operand> = { p: each(probabilities, classes), dx: each(dLogits, classes) };
      const terms: string[] = [];
      if (dProbabilities) {
        operands.dp = each(dProbabilities, classes);
        terms.push("dp_at(row * P.classes + c)");
      }
      if (labels && classWeights) {
        Object.assign(operands, { labels: each(labels), weights: whole(classWeights) });
        const slope = "select(P.others / ((P.epsilon + 1.0) - p), -P.gamma / (P.epsilon + p), c == labels_at(row))";
        terms.push(`select(0.0, weights_at(c) * P.factor * ${slope}, labels_at(row) < P.classes)`);
      }
      loops.elements({
        ...{ name: "softmaxBackward", variant: terms.join(), items: rows, sizes: { classes }, operands },
        factors: { gamma, others: 1 - gamma, epsilon, factor: scale / samples },
        functions: `fn gradient(row: u32, c: u32, p: f32) -> f32 { return ${terms.join(" + ")}; }`,
        body: `var total = Sum();
  for (var c = 0u; c < P.classes; c++) {
    let p = p_at(i * P.classes + c); total = add(total, vec2f(p * gradient(i, c, p), 0.0));
  }
  let mean = total.high.x + total.low.x;
  for (var c = 0u; c < P.classes; c++) {
    let p = p_at(i * P.classes + c); set_dx(i * P.classes + c, p * (gradient(i, c, p) - mean));
  }`,
      });
    },
    classWeights({ count, classes }, { labels, weights }) {
      const counts = loops.scratch(1, classes);
      loops.sums({
        ...{ name: "classWeights, counts", sums: classes, terms: count, sideBySide: true },
        ...{ operands: { labels: each(labels) }, results: { counts: whole(counts) } },
        term: "return vec2f(select(0.0, 1.0, labels_at(j) == g), 0.0);",
        finish: "set_counts(g, sums.x);",
      });
      loops.elements({
        ...{ name: "classWeights", items: classes, sizes: { classes } },
        operands: { counts: whole(counts), weights: whole(weights) },
        body: `var known = 0.0; var sum = 0.0;
  for (var c = 0u; c < P.classes; c++) { known += counts_at(c); }
  known = max(known, 1.0);
  for (var c = 0u; c < P.classes; c++) { sum += 1.0 / (counts_at(c) / known + 1.0); }
  set_weights(i, 1.0 / (counts_at(i) / known + 1.0) / sum);`,
      });
    },
    reconstructionLoss({ rows, classes, samples, gamma, epsilon }, { labels, classWeights, probabilities, loss }) {
      loops.sums({
        ...{ name: "reconstructionLoss", sums: 1, terms: rows, sideBySide: false, sizes: { classes } },
        factors: { gamma, others: 1 - gamma, epsilon, samples },
        operands: { labels: each(labels), weights: whole(classWeights), p: each(probabilities, classes) },
        term: `var loss = 0.0; let label = labels_at(j);
  if (label >= P.classes) { return vec2f(); }
  for (var c = 0u; c < P.classes; c++) {
    let p = p_at(j * P.classes + c); let own = c == label;
    let logarithm_of_p = logarithm(select((P.epsilon + 1.0) - p, P.epsilon + p, own));
    loss -= weights_at(c) * select(P.others, P.gamma, own) * logarithm_of_p;
  }
  return vec2f(loss, 0.0);`,
        results: { loss: whole(loss) },
        finish: "set_loss(0u, sums.x / P.samples);",
      });
    },
    sumOfSquares({ count, factor }, { x, sum }) {
      loops.sums({
        ...{ name: "sumOfSquares", sums: 1, terms: count, sideBySide: false },
        // The factor, too, is more than one float32.
        factors: { factor, rest: factor - Math.fround(factor) },
        ...{ operands: { x: each(x) }, term: "let x = x_at(j); return product(x, x);" },
        results: { sum: whole(sum) },
        finish:
          `let both = merge(Sum(vec2f(exact.high.x, 0.0), vec2f(exact.low.x, 0.0)), Sum(vec2f(exact.high.y, 0.0), vec2f(exact.low.y, 0.0)));
  let square = both.high.x + both.low.x; let low = (both.high.x - square) + both.low.x;
  let scaled = product(square, P.factor);
  set_sum(0u, scaled.x + (scaled.y + (square * P.rest + low * P.factor)));`,
      });
    },
    bceLogits({ count, target, accumulate }, { logits, loss }) {
      loops.sums({
        ...{ name: `bceLogits, ${target}`, variant: String(accumulate), sums: 1, terms: count, sideBySide: false },
        ...{ operands: { x: each(logits) }, results: { loss: whole(loss) } },
        term: `return vec2f(softplus(${target === 1 ? "-" : ""}x_at(j)), 0.0);`,
        finish: `set_loss(0u, sums.x / f32(P.terms)${accumulate ? " + loss_at(0u)" : ""});`,
      });
    },
    gaussianDivergence({ count, samples }, { mean, logVariance, loss }) {
      loops.sums({
        ...{ name: "gaussianDivergence", sums: 1, terms: count, sideBySide: false, factors: { factor: 0.5 / samples } },
        operands: { mean: each(mean), l: each(logVariance) },
        // Near 0 the exponential loses its digits to the terms taken off: by its series there.
        term: `let l = l_at(j); let m = mean_at(j); var excess = exponential(l) - 1.0 - l;
  if (abs(l) < 0.25) {
    excess = l * l * (0.5 + l * (0.16666667 + l * (0.041666668 + l * (0.008333334 + l * 0.0013888889))));
  }
  return vec2f(m * m + excess, 0.0);`,
        results: { loss: whole(loss) },
        finish: "set_loss(0u, sums.x * P.factor);",
      });
    },
  } satisfies Partial<DeviceOperations>;
}
