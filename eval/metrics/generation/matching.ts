import { type Points, squaredDistances } from "./distances.ts";

/** What each real point contributes; the measures are the means. */
export interface MatchingShares {
  /** 1 for a real point that is the nearest one of a fake point: the mean is the COV. */
  readonly matched: Float64Array;
  /** Distance to the nearest fake point: the mean is the MMD. Infinite without fake points. */
  readonly distance: Float64Array;
}

/**
 * COV and MMD (minimum matching distance) of P. Achlioptas et al., "Learning Representations and Generative Models for
 * 3D Point Clouds", ICML 2018, with the Euclidean distance of codes. Neither is complete by itself: COV counts a real
 * point as matched however far its fake one is, MMD hardly sees bad fake points beside good ones (G. Yang et al.,
 * "PointFlow", ICCV 2019).
 */
export function matchingShares(real: Points, fake: Points): MatchingShares {
  const distances = squaredDistances(fake, real);
  const matched = new Float64Array(real.count), nearest = new Float64Array(real.count).fill(Infinity);
  for (let j = 0; j < fake.count; j++) {
    const ofFake = distances.subarray(j * real.count, (j + 1) * real.count);
    let own = 0;
    ofFake.forEach((distance, i) => {
      if (distance < ofFake[own]) own = i;
      nearest[i] = Math.min(nearest[i], distance);
    });
    if (real.count > 0) matched[own] = 1;
  }
  return { matched, distance: nearest.map(Math.sqrt) };
}
