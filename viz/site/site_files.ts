/** What a static site knows of its model besides the weights: `model.json`. */
import type { ClassSet } from "../../data/classes.ts";
import type { ModelConfig } from "../../nn/models/config.ts";
import type { NormStatistics } from "../../nn/tape.ts";
import type { ProjectRun } from "../../run/project.ts";

/** Names of the files beside the page. */
export const MODEL_FILE = "model.json", WEIGHTS_FILE = "weights.safetensors";

/** See the file's comment. */
export interface SiteModel {
  /** Name of the run. */
  readonly title: string;
  readonly config: ModelConfig;
  readonly statistics: NormStatistics;
  /** Whether the networks see volumes reversed. */
  readonly mirrored: boolean;
  /** Labels of scenes that rooms can be asked to be like. */
  readonly labels: readonly string[];
  readonly classes: ClassSet;
  /** Iterations that the weights were trained for. */
  readonly step: number;
  /** SHA-256 of the checkpoint, in hexadecimal. */
  readonly checksum: string;
  /** How proposals for edits are drawn. */
  readonly sampler: ProjectRun["sampler"];
}
