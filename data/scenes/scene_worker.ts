/** Worker: reads the scenes it is sent jobs for. */
import { UserError } from "../../base/errors.ts";
import { fingerprint } from "./fingerprint.ts";
import type { Grid } from "../grid.ts";
import type { SceneJob } from "./scene_source.ts";
import { readScene } from "./sources.ts";

/** A scene to read. */
export interface SceneRequest {
  /** Comes back with the answer. */
  readonly id: number;
  /** What to read. */
  readonly job: SceneJob;
  /** Size of the scene, if its fingerprint is wanted; else null. */
  readonly fingerprintGrid: Grid | null;
}

/** The scene, or why there is none. */
export type SceneAnswer =
  | { readonly id: number; readonly labels: Uint8Array; readonly fingerprint: string | null }
  | { readonly id: number; readonly error: string; readonly forUser: boolean };

/** This end of the channel; what it sends and hears is of the kind that the parent's end is. */
const parent = self as unknown as Worker;

parent.onmessage = async ({ data: { id, job, fingerprintGrid } }: MessageEvent<SceneRequest>) => {
  try {
    const labels = await readScene(job);
    const answer: SceneAnswer = {
      id,
      labels,
      fingerprint: fingerprintGrid && fingerprint(labels, fingerprintGrid),
    };
    parent.postMessage(answer, [labels.buffer as ArrayBuffer]);
  } catch (error) {
    const forUser = error instanceof UserError;
    const answer: SceneAnswer = { id, error: error instanceof Error ? error.message : String(error), forUser };
    parent.postMessage(answer);
  }
};
