/** The measures of generated scenes by name: what they are called, and what is good. */
import type { Estimate } from "./bootstrap.ts";

/** What is good: as low or high as possible, or near the ideal. */
export type Direction = "lower" | "higher" | "near";

/** A measure. Definitions and sources are with the functions, and in docs/metrics.md. */
export interface Metric {
  /** Row of a table. */
  readonly title: string;
  /** What is good. */
  readonly better: Direction;
  /** Value for scenes from the distribution of the training scenes: a number, or that of training or unseen scenes. */
  readonly ideal: number | "training" | "unseen";
  /** Whether the measure depends on the encoder. */
  readonly latent: boolean;
}

const measure = (title: string, better: Direction, ideal: Metric["ideal"], latent = false): Metric => ({
  title,
  better,
  ideal,
  latent,
});

/** All measures, in the order of the tables. */
export const METRICS = {
  filled_percent: measure("filled voxels, %", "near", "training"),
  occupancy_jsd: measure("occupancy divergence, bits", "lower", 0),
  class_frequency_jsd: measure("class frequency divergence, bits", "lower", 0),
  class_adjacency_jsd: measure("class adjacency divergence, bits", "lower", 0),
  pieces: measure("pieces per scene", "near", "training"),
  specks: measure("specks per scene", "near", "training"),
  floating_percent: measure("floating voxels, %", "near", "training"),
  precision: measure("precision", "higher", 1, true),
  recall: measure("recall", "higher", 1, true),
  density: measure("density", "near", 1, true),
  coverage: measure("coverage", "higher", 1, true),
  matched_share: measure("COV of codes", "higher", "unseen", true),
  minimum_matching_distance: measure("MMD of codes", "lower", "unseen", true),
  frechet_distance: measure("Fréchet distance of codes", "lower", 0, true),
  kernel_distance: measure("KID of codes", "lower", 0, true),
  nearest_neighbour_accuracy: measure("1-NN accuracy", "near", 0.5, true),
  classifier_accuracy: measure("C2ST accuracy, against training", "near", 0.5),
  reconstruction_classifier_accuracy: measure("C2ST accuracy, against reconstructions", "near", 0.5),
  nearest_training_distance: measure("distance to nearest training scene", "near", "unseen"),
  copying_probability: measure("copying probability", "near", 0.5),
} as const satisfies Record<string, Metric>;

/** Name of a measure, as in csv and json files. */
export type MetricName = keyof typeof METRICS;

/** The names, in the order of the tables. */
export const METRIC_NAMES: readonly MetricName[] = Object.keys(METRICS) as MetricName[];

/** Measures of a set with their 95 % intervals; what does not apply is missing, NaN what needs more scenes. */
export type Metrics = Partial<Record<MetricName, Estimate>>;
