/** Precision, recall, density and coverage: how the clouds of two sets of points cover each other. */
import { type Points, squaredDistances, squaredRadii } from "./distances.ts";

/** Neighbour whose distance is the radius for precision and recall: 3, as published. */
const PRECISION_NEIGHBOUR = 3;
/** The same for density and coverage: 5, as published. */
const DENSITY_NEIGHBOUR = 5;

/** What each point contributes; the measures are the means. Empty lists where there are too few points. */
export interface ManifoldShares {
  /** 1 for each fake point within the radius of a real one. */
  readonly precision: Float64Array;
  /** 1 for each real point within the radius of a fake one. */
  readonly recall: Float64Array;
  /** For each fake point, in how many real points' balls it lies, divided by the neighbour's number. */
  readonly density: Float64Array;
  /** 1 for each real point with a fake one in its ball. */
  readonly coverage: Float64Array;
}

/**
 * Precision and recall: T. Kynkäänniemi, T. Karras, S. Laine, J. Lehtinen and T. Aila, "Improved Precision and Recall
 * Metric for Assessing Generative Models", NeurIPS 2019, with balls that reach to the 3rd nearest neighbour in the own
 * set. Density and coverage: M. F. Naeem, S. J. Oh, Y. Uh, Y. Choi and J. Yoo, "Reliable Fidelity and Diversity Metrics
 * for Generative Models", ICML 2020, with the 5th.
 */
export function manifoldShares(real: Points, fake: Points): ManifoldShares {
  const distances = squaredDistances(fake, real);
  const inside = (fakeIndex: number, realIndex: number) => distances[fakeIndex * real.count + realIndex];
  let [precision, recall, density, coverage] = Array.from({ length: 4 }, () => each(0, () => 0));
  if (Math.min(real.count, fake.count) > PRECISION_NEIGHBOUR) {
    const ofReal = squaredRadii(real, PRECISION_NEIGHBOUR), ofFake = squaredRadii(fake, PRECISION_NEIGHBOUR);
    precision = each(fake.count, (j) => Number(ofReal.some((radius, i) => inside(j, i) <= radius)));
    recall = each(real.count, (i) => Number(ofFake.some((radius, j) => inside(j, i) <= radius)));
  }
  if (real.count > DENSITY_NEIGHBOUR && fake.count > 0) {
    const radii = squaredRadii(real, DENSITY_NEIGHBOUR);
    density = each(
      fake.count,
      (j) => radii.reduce((sum, radius, i) => sum + Number(inside(j, i) <= radius), 0) / DENSITY_NEIGHBOUR,
    );
    coverage = each(real.count, (i) => {
      for (let j = 0; j < fake.count; j++) if (inside(j, i) <= radii[i]) return 1;
      return 0;
    });
  }
  return { precision, recall, density, coverage };
}

function each(count: number, value: (index: number) => number): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => value(index));
}
