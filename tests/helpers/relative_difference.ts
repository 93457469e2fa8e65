/** |a − b| / |b| by the Euclidean norm. */
export function relativeDifference(a: Float32Array, b: Float32Array): number {
  let squares = 0, norm = 0;
  b.forEach((value, i) => {
    squares += (a[i] - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(squares / norm);
}
