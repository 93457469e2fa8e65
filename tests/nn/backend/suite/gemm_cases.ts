import { normal } from "./twin.ts";
import type { Suite } from "./suite_type.ts";

const SIZES = [[1, 1, 1], [5, 7, 3], [13, 12, 8], [33, 65, 17], [2, 750, 120], [120, 75, 2], [3, 1, 1001], [
  64,
  96,
  130,
]];

/** The last number: products at once. */
const BATCHES = [[1, 1, 1, 3], [5, 7, 3, 4], [9, 9, 16, 33], [75, 64, 75, 3], [64, 96, 130, 2], [130, 300, 70, 2]];

/** Matrix products. */
export function gemmCases({ test, twin, sumTolerance }: Suite): void {
  for (const [transposeA, transposeB] of [[false, false], [true, false], [false, true], [true, true]]) {
    test(`gemm: ${transposeA ? "Aᵀ" : "A"}·${transposeB ? "Bᵀ" : "B"}, with and without accumulation`, () => {
      for (const [m, n, k, batch] of [...SIZES.map((sizes) => [...sizes, 1]), ...BATCHES]) {
        for (const accumulate of [false, true]) {
          using pair = twin();
          const a = pair.operand(normal(batch * m * k, 1)), b = pair.operand(normal(batch * k * n, 2));
          const c = accumulate ? pair.operand(normal(batch * m * n, 3)) : pair.output(batch * m * n);
          const shape = { batch, m, n, k, transposeA, transposeB, accumulate };
          pair.call("gemm", shape, { a, b, c });
          pair.assertClose(c, { absolute: sumTolerance * Math.sqrt(k + 1) }, JSON.stringify(shape));
          pair.assertUntouched(a);
          pair.assertUntouched(b);
        }
      }
    });
  }
}
