import { normal, type Twin } from "./twin.ts";
import { COUNTS } from "./elementwise_cases.ts";
import type { Suite } from "./suite_type.ts";

/** Means and logarithms of variances as encoders give them, some far out. */
function someMoments(pair: Twin, count: number) {
  const mean = pair.operand(normal(count, 21).map((x, i) => i % 13 === 5 ? 10 * x : x));
  const logVariance = pair.operand(normal(count, 22, -1, 1.5).map((x, i) => i % 11 === 3 ? 1e-3 * x : x));
  return { mean, logVariance };
}

/** Draws from normal distributions and their divergence from N(0, 1). */
export function gaussianCases({ test, twin }: Suite): void {
  test("gaussianSample: mean + deviation·noise", () => {
    for (const count of COUNTS) {
      using pair = twin();
      const { mean, logVariance } = someMoments(pair, count);
      const noise = pair.operand(normal(count, 23)), sample = pair.output(count);
      pair.call("gaussianSample", { count }, { mean, logVariance, noise, sample });
      pair.assertClose(sample, { relative: 1e-6, absolute: 5e-6 }, `${count} numbers`);
      for (const input of [mean, logVariance, noise]) pair.assertUntouched(input);
    }
  });

  test("gaussianDivergence: summed over codes, mean over samples", () => {
    for (const count of COUNTS) {
      for (const samples of [1, 3]) {
        using pair = twin();
        const { mean, logVariance } = someMoments(pair, count), loss = pair.output(1);
        pair.call("gaussianDivergence", { count, samples }, { mean, logVariance, loss });
        pair.assertClose(loss, { relative: 2e-6, absolute: 2e-7 }, `${count} numbers`);
        for (const input of [mean, logVariance]) pair.assertUntouched(input);
      }
    }
  });

  test("gaussianBackward: the gradients of sample and divergence together, and of either alone", () => {
    for (const count of COUNTS) {
      for (const [factor, incoming] of [[0, 1], [0.7, 0], [0.7, 1]]) {
        using pair = twin();
        const { logVariance } = someMoments(pair, count), noise = pair.operand(normal(count, 24));
        const dSample = pair.operand(normal(count, 25, 0, incoming)), dLogVariance = pair.output(count);
        pair.call("gaussianBackward", { count, factor }, { logVariance, noise, dSample, dLogVariance });
        pair.assertClose(dLogVariance, { relative: 2e-6, absolute: 2e-6 }, `${count} numbers`);
        for (const input of [logVariance, noise, dSample]) pair.assertUntouched(input);
      }
    }
  });
}
