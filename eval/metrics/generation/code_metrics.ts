/** All measures of the codes of two sets of scenes. */
import { bootstrap, bootstrapMean, type BootstrapOptions } from "./bootstrap.ts";
import type { Points } from "./distances.ts";
import { FrechetProducts } from "./frechet.ts";
import { InnerProducts } from "./inner_products.ts";
import { kernelDistance } from "./kernel_distance.ts";
import { manifoldShares } from "./manifold.ts";
import { matchingShares } from "./matching.ts";
import type { Metrics } from "./metric.ts";
import { nearestNeighbourHits } from "./nearest_neighbour.ts";

/** Measures codes of generated scenes against those of real ones. */
export function codeMetrics(fake: Points, real: Points, options: BootstrapOptions): Metrics {
  const { precision, recall, density, coverage } = manifoldShares(real, fake);
  const { matched, distance } = matchingShares(real, fake);
  const share = { ...options, range: [0, 1] } as const, positive = { ...options, range: [0, Infinity] } as const;
  const products = new InnerProducts(fake, real), frechet = new FrechetProducts(products);
  return {
    precision: bootstrapMean(precision, share),
    recall: bootstrapMean(recall, share),
    density: bootstrapMean(density, positive),
    coverage: bootstrapMean(coverage, share),
    matched_share: bootstrapMean(matched, share),
    minimum_matching_distance: bootstrapMean(distance, positive),
    frechet_distance: bootstrap([fake.count, real.count], (weights) => frechet.distance(weights), positive),
    kernel_distance: kernelDistance(products, options),
    nearest_neighbour_accuracy: bootstrapMean(nearestNeighbourHits(fake, real), share),
  };
}
