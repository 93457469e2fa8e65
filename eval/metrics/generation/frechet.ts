/** Fréchet distance between two sets of points, each taken for normally distributed. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { InnerProducts } from "./inner_products.ts";

/** {@link FrechetProducts.distance} of two sets of points, from their inner products. */
export class FrechetProducts {
  readonly #count: readonly [number, number];
  readonly #products: Float64Array;

  /** Reads `products`, which stay as they are. */
  constructor(products: InnerProducts) {
    this.#count = products.counts;
    this.#products = products.values;
  }

  /**
   * |μ₁ − μ₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½), the squared Fréchet distance of normal distributions (D. Dowson and
   * B. Landau, "The Fréchet distance between multivariate normal distributions", Journal of Multivariate Analysis 12,
   * 1982), with means and unbiased covariances of the points, as M. Heusel et al. use it, "GANs Trained by a Two
   * Time-Scale Update Rule Converge to a Local Nash Equilibrium", NeurIPS 2017. With A and B the centred points over
   * √(n − 1) and √(m − 1) as rows, tr (C₁ C₂)^½ is the sum of the singular values of A Bᵀ.
   *
   * Sets of few points are far from each other even if they are from one distribution, the more so the larger the
   * points: compare only numbers of equally many points.
   *
   * @param weights how often each point counts, per set. NaN if a set has fewer than two.
   */
  distance([ofA, ofB]: readonly Float64Array[]): number {
    const [n, m] = this.#count;
    const a = present(ofA, 0), b = present(ofB, n);
    if (a.total < 2 || b.total < 2) return NaN;
    const aa = this.#center(a, a), bb = this.#center(b, b), ab = this.#center(a, b);
    const meanDistance = aa.mean + bb.mean - 2 * ab.mean;
    const variance = trace(aa.centred) / (a.total - 1) + trace(bb.centred) / (b.total - 1);
    const cross = ab.centred.div(Math.sqrt((a.total - 1) * (b.total - 1)));
    const gram = n <= m ? cross.mmul(cross.transpose()) : cross.transpose().mmul(cross);
    const { realEigenvalues } = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
    const singular = realEigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
    return Math.max(0, meanDistance + variance - 2 * singular);
  }

  /** Products of points less their sets' means, times the roots of both points' weights; and the product of means. */
  #center(a: Present, b: Present): { centred: Matrix; mean: number } {
    const all = this.#count[0] + this.#count[1];
    const product = (i: number, j: number) => this.#products[a.indices[i] * all + b.indices[j]];
    const rows = a.indices.map((_, i) =>
      b.weights.reduce((sum, weight, j) => sum + weight * product(i, j), 0) / b.total
    );
    const columns = b.indices.map((_, j) =>
      a.weights.reduce((sum, weight, i) => sum + weight * product(i, j), 0) / a.total
    );
    const mean = rows.reduce((sum, row, i) => sum + a.weights[i] * row, 0) / a.total;
    const centred = Matrix.zeros(a.indices.length, b.indices.length);
    for (let i = 0; i < a.indices.length; i++) {
      for (let j = 0; j < b.indices.length; j++) {
        const root = Math.sqrt(a.weights[i] * b.weights[j]);
        centred.set(i, j, root * (product(i, j) - rows[i] - columns[j] + mean));
      }
    }
    return { centred, mean };
  }
}

/** Points of positive weight. */
interface Present {
  readonly indices: readonly number[];
  readonly weights: readonly number[];
  readonly total: number;
}

function present(weights: Float64Array, first: number): Present {
  const kept = [...weights.keys()].filter((index) => weights[index] > 0);
  const ofKept = kept.map((index) => weights[index]);
  return {
    indices: kept.map((index) => index + first),
    weights: ofKept,
    total: ofKept.reduce((sum, weight) => sum + weight, 0),
  };
}

function trace(matrix: Matrix): number {
  return matrix.diagonal().reduce((sum, value) => sum + value, 0);
}
