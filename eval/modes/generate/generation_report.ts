/** What a comparison of generated scenes with real ones comes to, before it is put into tables and words. */
import type { SetMeasures } from "../../metrics/generation/measure.ts";

/** Version of {@link GenerationReport}; 3 says whether the encoder is the pinned one. */
export const REPORT_FORMAT = 3;

/** What is known about the encoder whose codes were compared. */
export interface EncoderIdentity {
  /** Folder of its run. */
  readonly run: string;
  /** Iterations that it was trained for. */
  readonly step: number;
  /** Whether it is the judge that comes with the program, by which all runs on such rooms are measured. */
  readonly pinned: boolean;
  /** Checksum of its checkpoint, SHA-256 in hexadecimal. */
  readonly checksum: string;
  /** Statistics of its batch norm. */
  readonly batchNorm: string;
  /** Numbers of a code. */
  readonly codeSize: number;
  /** True IoU of real scenes and what its run makes of their codes. */
  readonly reconstructionIou: number;
}

/** Everything that was measured, and with what. */
export interface GenerationReport {
  /** Version of this structure. */
  readonly format: typeof REPORT_FORMAT;
  /** Run that generated. */
  readonly run: string;
  /** Iterations that it was trained for. */
  readonly step: number;
  /** Encoder of the codes. */
  readonly encoder: EncoderIdentity;
  /** What the scenes were compared with. */
  readonly comparedWith: string;
  /** Training scenes searched for copies. */
  readonly searched: number;
  /** Seed of the choice of scenes and of the confidence intervals. */
  readonly seed: number;
  /** Names by label. */
  readonly classNames: readonly string[];
  /** Training scenes, unseen ones and their reconstructions if there are any, then what was generated. */
  readonly sets: readonly SetMeasures[];
  /** Names of the training scenes, in the order of {@link SetMeasures.nearest}. */
  readonly trainingIds: readonly string[];
}
