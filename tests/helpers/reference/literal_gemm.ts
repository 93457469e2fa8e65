/** Matrix product as its definition says, sums in double precision. */
import type { GemmShape } from "../../../nn/backend/backend.ts";

/** c (+)= op(a)·op(b), of the first matrices that lie there. */
export function gemm(
  shape: GemmShape,
  a: Float32Array,
  b: Float32Array,
  c: Float32Array,
  accumulate: boolean,
): void {
  const { m, n, k, transposeA, transposeB } = shape;
  const [aRow, aColumn] = transposeA ? [1, m] : [k, 1];
  const [bRow, bColumn] = transposeB ? [1, k] : [n, 1];
  const sums = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) sums[j] = accumulate ? c[i * n + j] : 0;
    for (let p = 0; p < k; p++) {
      const factor = a[i * aRow + p * aColumn];
      for (let j = 0; j < n; j++) sums[j] += factor * b[p * bRow + j * bColumn];
    }
    c.set(sums, i * n);
  }
}
