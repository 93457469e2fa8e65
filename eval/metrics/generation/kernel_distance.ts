/** Kernel distance between two sets of points. */
import { bootstrap, type BootstrapOptions, type Estimate } from "./bootstrap.ts";
import type { InnerProducts } from "./inner_products.ts";

/**
 * The unbiased estimate of the squared maximum mean discrepancy with the kernel (x·y/size + 1)³: the KID of M. Bińkowski,
 * D. Sutherland, M. Arbel and A. Gretton, "Demystifying MMD GANs", ICLR 2018, of codes. Unlike the Fréchet distance it
 * is 0 on average for sets from one distribution, however few points they have; it can come out below.
 *
 * A set drawn anew repeats points; a pair of a point with itself counts in no set, as in the estimate.
 */
export function kernelDistance({ counts, size, values }: InnerProducts, options: BootstrapOptions): Estimate {
  const [n, m] = counts, all = n + m;
  const kernel = values.map((product) => (product / size + 1) ** 3);
  const mean = (rows: Float64Array, firstRow: number, columns: Float64Array, firstColumn: number) => {
    let sum = 0, total = 0;
    for (let i = 0; i < rows.length; i++) {
      if (rows[i] === 0) continue;
      const row = firstRow + i;
      for (let j = 0; j < columns.length; j++) {
        const column = firstColumn + j, weight = row === column ? 0 : rows[i] * columns[j];
        sum += weight * kernel[row * all + column];
        total += weight;
      }
    }
    return sum / total;
  };
  return bootstrap(
    counts,
    ([a, b]) => mean(a, 0, a, 0) + mean(b, n, b, n) - 2 * mean(a, 0, b, n),
    options,
  );
}
