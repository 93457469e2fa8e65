import type { Points } from "./distances.ts";

/**
 * Inner products of all points of two sets, which is all that kernels and covariances need of them: computed once, they
 * cost the number of points squared, whatever their size, and resampling the points costs no product.
 */
export class InnerProducts {
  /** Numbers of points, n and m. */
  readonly counts: readonly [number, number];
  /** Numbers of a point. */
  readonly size: number;
  /** `[n + m, n + m]`, the points of the first set before those of the second. */
  readonly values: Float64Array;

  /** @throws {RangeError} if the points are of different size. */
  constructor(a: Points, b: Points) {
    if (a.size !== b.size) throw new RangeError(`points of ${a.size} and of ${b.size} numbers`);
    this.counts = [a.count, b.count];
    this.size = a.size;
    const size = a.size, all = a.count + b.count;
    this.values = new Float64Array(all * all);
    const rows = [a, b].flatMap(({ values, count }) =>
      Array.from({ length: count }, (_, i) => values.subarray(i * size, (i + 1) * size))
    );
    rows.forEach((p, i) => {
      for (let j = 0; j <= i; j++) {
        const q = rows[j];
        let sum = 0;
        for (let k = 0; k < size; k++) sum += p[k] * q[k];
        this.values[i * all + j] = this.values[j * all + i] = sum;
      }
    });
  }
}
