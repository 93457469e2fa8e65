import { Matrix, SVD } from "ml-matrix";

/**
 * Coordinates of points in the directions in which they differ most: the columns' means are subtracted, then X = UΣVᵀ
 * and the first columns of UΣ are taken (principal components). Each direction's sign is such that its coordinate of
 * greatest size is positive, since a decomposition leaves that open.
 *
 * @param points `[n, width]`.
 * @param dimensions how many coordinates; those beyond the rank are 0.
 * @returns a list of `n` coordinates per dimension.
 */
export function embed(points: ArrayLike<number>, width: number, dimensions: number): Float64Array[] {
  const n = points.length / width;
  const matrix = new Matrix(n, width);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < width; column++) matrix.set(row, column, points[row * width + column]);
  }
  matrix.center("column");
  const svd = new SVD(matrix, { computeRightSingularVectors: false, autoTranspose: true });
  const { leftSingularVectors, diagonal } = svd;
  return Array.from({ length: dimensions }, (_, dimension) => {
    if (dimension >= diagonal.length) return new Float64Array(n);
    const column = Float64Array.from(leftSingularVectors.getColumn(dimension), (value) => value * diagonal[dimension]);
    const greatest = column.reduce((most, value) => Math.abs(value) > Math.abs(most) ? value : most, 0);
    return greatest < 0 ? column.map((value) => -value) : column;
  });
}
