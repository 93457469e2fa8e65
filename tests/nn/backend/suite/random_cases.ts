import { assert, assertEquals } from "@std/assert";
import { normal, someLabels, ulpsBetween } from "./twin.ts";
import { COUNTS } from "./elementwise_cases.ts";
import type { Suite } from "./suite_type.ts";

const CHANNELS = [1, 2, 3, 5, 8, 12, 13];

/** Random numbers, one-hot codes, their mask and argmax. */
export function randomCases({ test, twin }: Suite): void {
  test("randomNormal: the numbers of base/random.ts, at most one float32 apart", () => {
    const keys = [
      { seed: 0, stream: 0, iteration: 0 },
      { seed: 0xffffffff, stream: 0xfffffffe, iteration: 0xfffffffd },
      { seed: 1234567, stream: 3, iteration: 75000 },
    ];
    for (const key of keys) {
      for (const count of COUNTS) {
        for (const [mean, deviation] of [[0, 1], [1, 0.02]]) {
          using pair = twin();
          const x = pair.output(count);
          pair.call("randomNormal", { count, ...key, mean, deviation }, { x });
          const actual = pair.read(x, 0), expected = pair.read(x, 1);
          actual.forEach((value: number, i: number) => {
            // Where a cosine vanishes only its absolute error is bounded.
            const close = ulpsBetween(value, expected[i]) <= 1 || Math.abs(value - expected[i]) < 1e-14;
            assert(close, `number ${i} of ${count}: ${value}, expected ${expected[i]}`);
          });
        }
      }
    }
  });

  test("oneHot: every number of classes, unknown voxels", () => {
    for (const classes of CHANNELS) {
      for (const rows of [1, 7, 1001, 20_011]) {
        using pair = twin();
        const labels = pair.operand(someLabels(rows, classes, 12)), x = pair.output(rows * classes);
        pair.call("oneHot", { rows, classes }, { labels, x });
        pair.assertClose(x, {});
        pair.assertUntouched(labels);
      }
    }
  });

  test("maskUnknown: rows of unknown voxels become zeros, the others stay", () => {
    for (const classes of CHANNELS) {
      for (const rows of [1, 7, 1001, 20_011]) {
        using pair = twin();
        const labels = pair.operand(someLabels(rows, classes, 14)), x = pair.operand(normal(rows * classes, 15));
        pair.call("maskUnknown", { rows, classes }, { labels, x });
        pair.assertClose(x, {});
        pair.assertUntouched(labels);
      }
    }
  });

  test("argmax: the first of equal maxima", () => {
    for (const classes of CHANNELS) {
      for (const rows of [1, 7, 1001, 20_011]) {
        using pair = twin();
        // Rounding to quarters makes ties, negative rows and zeros of both signs frequent.
        const x = pair.operand(normal(rows * classes, 13, -1).map((value) => Math.round(value * 4) / 4));
        const labels = pair.operand(new Uint8Array(rows).fill(255));
        pair.call("argmax", { rows, classes }, { x, labels });
        assertEquals(pair.read(labels, 0), pair.read(labels, 1));
        pair.assertUntouched(x);
      }
    }
  });
}
