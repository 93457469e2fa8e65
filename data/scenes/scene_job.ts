/** Scenes described in plain data, to be read by whoever gets the description: this thread or a worker. */
import { readFile } from "../../base/files.ts";
import type { Grid } from "../grid.ts";
import { type NpySceneJob, readNpyScene } from "../formats/npy_scene.ts";
import { makeRoom } from "../rooms/make_room.ts";
import { sscnetLabels, type SscnetOptions } from "../formats/sscnet.ts";
import { decodeSscnet } from "../formats/sscnet_format.ts";

/** An SSCNet volume to decode. */
export interface SscnetSceneJob {
  /** Tells it from other jobs. */
  readonly kind: "sscnet";
  /** The file. */
  readonly path: string;
  /** How it becomes a scene. */
  readonly options: SscnetOptions;
}

/** A procedural room to make. */
export interface RoomSceneJob {
  /** Tells it from other jobs. */
  readonly kind: "room";
  /** Size of the scene. */
  readonly grid: Grid;
  /** Seed of the rooms. */
  readonly seed: number;
  /** Which room. */
  readonly index: number;
}

/** How to read one scene. */
export type SceneJob = NpySceneJob | SscnetSceneJob | RoomSceneJob;

/** Labels `[D, H, W]` of the scene; a fresh array. @throws {UserError} if it cannot be read. */
export async function readScene(job: SceneJob): Promise<Uint8Array> {
  switch (job.kind) {
    case "npy":
      return await readNpyScene(job);
    case "sscnet":
      return sscnetLabels(decodeSscnet(await readFile(job.path), job.path), job.options);
    case "room":
      return makeRoom(job.grid, job.seed, job.index);
  }
}
