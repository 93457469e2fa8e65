/** How two lists of numbers go together. */

/**
 * Pearson's correlation, −1 to 1; NaN if one list is constant or there are fewer than two numbers.
 *
 * @throws {RangeError} if the lists differ in length.
 */
export function pearson(xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  if (xs.length !== ys.length) throw new RangeError(`${xs.length} numbers against ${ys.length}`);
  const [meanX, meanY] = [mean(xs), mean(ys)];
  let xx = 0, yy = 0, xy = 0;
  for (let i = 0; i < xs.length; i++) {
    const dx = xs[i] - meanX, dy = ys[i] - meanY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xx > 0 && yy > 0 ? Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy))) : NaN;
}

/** Spearman's correlation: {@link pearson} of the ranks. @throws {RangeError} if the lists differ in length. */
export function spearman(xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  return pearson(ranks(xs), ranks(ys));
}

/** Rank of each number from 1 on; equal numbers share the mean of their ranks. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, index) => index).sort((one, other) => values[one] - values[other]);
  const rank = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) rank[order[i]] = (start + 1 + end) / 2;
    start = end;
  }
  return rank;
}

/** Euclidean distance of every two of the points, rows of `[n, width]`: n (n − 1) / 2 numbers. */
export function pairDistances(points: ArrayLike<number>, width: number): Float64Array {
  const n = points.length / width, distances = new Float64Array(n * (n - 1) / 2);
  for (let one = 0, at = 0; one < n; one++) {
    for (let other = one + 1; other < n; other++, at++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (points[one * width + i] - points[other * width + i]) ** 2;
      distances[at] = Math.sqrt(sum);
    }
  }
  return distances;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
