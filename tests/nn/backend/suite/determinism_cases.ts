import { assertEquals } from "@std/assert";
import { normal, type Operand, someLabels } from "./twin.ts";
import type { Suite } from "./suite_type.ts";

/** The same call gives the same bits, however threads were scheduled. */
export function determinismCases({ test, twin }: Suite): void {
  test("reductions: the same bits in every repetition", () => {
    using pair = twin();
    const rows = 20_011, channels = 12, count = rows * channels;
    const shape = { rows, channels, classes: channels, epsilon: 1e-5, slope: 0.2 };
    const x = pair.operand(normal(count, 1)), dy = pair.operand(normal(count, 2)), dx = pair.output(count);
    const p = pair.operand(normal(count, 3).map((value) => 1 / (1 + Math.exp(value))));
    const labels = pair.operand(someLabels(rows, channels, 4));
    const parameters = pair.operand(normal(channels, 5, 1, 0.1)), loss = pair.output(1);
    const statistics = pair.output(2 * channels),
      means = pair.output(2 * channels),
      filter = pair.output(5 * channels * 27);
    const dGain = pair.operand(new Float32Array(channels)), dBias = pair.operand(new Float32Array(channels));
    const grouped = { outer: rows, groups: 1, repeat: 1, channels },
      sums = pair.output(channels),
      squares = pair.output(1);
    const geometry = {
      batch: 1,
      input: [11, 13, 17],
      channels,
      output: [11, 13, 17],
      filters: 5,
      kernel: [3, 3, 3],
      stride: 1,
      padding: [1, 1, 1],
    } as const;
    const once = () => {
      for (const sums of [dGain, dBias]) pair.call("fill", { count: channels, value: 0 }, { x: sums });
      pair.call("batchStatistics", shape, { x, statistics });
      const norm = { x, statistics, gain: parameters, bias: parameters };
      pair.call("batchNormGradientMeans", shape, { ...norm, dy, means, dGain, dBias });
      pair.call("batchNormBackward", shape, { ...norm, dy, means, dx });
      const reconstruction = { ...shape, samples: 1, gamma: 0.97, epsilon: 1e-6 };
      pair.call("reconstructionLoss", reconstruction, { labels, classWeights: parameters, probabilities: p, loss });
      pair.call("sumRows", { ...grouped, accumulate: false }, { x: dy, rows: sums });
      pair.call("sumOfSquares", { count, factor: 1 }, { x, sum: squares });
      pair.call("convFilterGradient", { geometry, accumulate: false }, { input: x, dOutput: dy, dFilter: filter });
      return [statistics, dGain, dBias, dx, loss, filter, sums, squares].map((operand: Operand) => pair.read(operand));
    };
    const first = once();
    for (let repetition = 0; repetition < 5; repetition++) assertEquals(once(), first);
  });
}
