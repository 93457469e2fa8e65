/** The measures of generated scenes by name: what they are called, and what is good. */

/** What is good: as low or high as possible, near the ideal, or near what training scenes have. */
export type Direction = "lower" | "higher" | "near ideal" | "near training";

/** A measure. Definitions and sources are with the functions, and in docs/metrics.md. */
export interface Metric {
  /** Row of a table. */
  readonly title: string;
  /** What is good. */
  readonly better: Direction;
  /** Value of the measure for scenes from the distribution of the training scenes; null: the training scenes' own. */
  readonly ideal: number | null;
  /** Whether the measure depends on the encoder. */
  readonly latent: boolean;
}

const measure = (title: string, better: Direction, ideal: number | null, latent = false): Metric => ({
  title,
  better,
  ideal,
  latent,
});

/** All measures, in the order of the tables. */
export const METRICS = {
  filled_percent: measure("filled voxels, %", "near training", null),
  occupancy_jsd: measure("occupancy divergence, bits", "lower", 0),
  class_frequency_jsd: measure("class frequency divergence, bits", "lower", 0),
  class_adjacency_jsd: measure("class adjacency divergence, bits", "lower", 0),
  pieces: measure("pieces per scene", "near training", null),
  specks: measure("specks per scene", "near training", null),
  floating_percent: measure("floating voxels, %", "near training", null),
  precision: measure("precision", "higher", 1, true),
  recall: measure("recall", "higher", 1, true),
  density: measure("density", "near ideal", 1, true),
  coverage: measure("coverage", "higher", 1, true),
  frechet_distance: measure("Fréchet distance of codes", "lower", 0, true),
  nearest_neighbour_accuracy: measure("1-NN accuracy", "near ideal", 0.5, true),
  nearest_training_distance: measure("distance to nearest training scene", "near training", null),
  copying_probability: measure("copying probability", "near ideal", 0.5),
} as const satisfies Record<string, Metric>;

/** Name of a measure, as in csv and json files. */
export type MetricName = keyof typeof METRICS;

/** The names, in the order of the tables. */
export const METRIC_NAMES: readonly MetricName[] = Object.keys(METRICS) as MetricName[];
