/** Worker: computes the average precisions of each scene it is sent. */
import { AveragePrecisionScratch, sceneAveragePrecision } from "./scene_ap.ts";

/** A scene to measure. */
export interface SceneJob {
  /** True classes `[voxels]`. */
  readonly labels: Uint8Array<SharedArrayBuffer>;
  /** Probabilities `[voxels, classes]`. */
  readonly scores: Float32Array<SharedArrayBuffer>;
  /** Number of classes. */
  readonly classCount: number;
}

/** The average precisions of the scene, or why there are none. */
export type SceneAnswer = { readonly precisions: Float64Array } | { readonly error: string };

const scratch = new AveragePrecisionScratch();

/** This end of the channel; what it sends and hears is of the kind that the parent's end is. */
const parent = self as unknown as Worker;

parent.onmessage = ({ data }: MessageEvent<SceneJob>) => {
  let answer: SceneAnswer;
  try {
    answer = { precisions: sceneAveragePrecision(data.labels, data.scores, scratch, data.classCount) };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  parent.postMessage(answer);
};
