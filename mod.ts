/**
 * 3D-FCR-alphaGAN as a library: open a trained run, encode, decode, reconstruct and generate rooms, or train from code.
 * Nothing here prints, exits the process or opens a native library when imported.
 *
 * ```ts no-eval
 * import { Run, selectedVoxels } from "@fcr/alpha-gan";
 * using run = await Run.open("runs/2026-01-31-120000-small");
 * const codes = run.encode(room, 1);             // room: Uint8Array [D·H·W], classes 0..11
 * const { plain } = run.decode(codes, 1);        // plain.labels, plain.probabilities
 * const { refined } = run.generate(4, 0);        // four new rooms from seed 0
 * run.generate(4, 0, { with: ["table"] });        // rooms that have what is asked for
 * const corner = selectedVoxels({ box: { start: [0, 0, 0], end: [9, 9, 9] } }, room, run.config.grid);
 * run.edit(room, corner, { change: "replace", by: "sofa" }, 4); // four proposals
 * ```
 *
 * @module
 */
export { type Completed, type Decoded, type DecodedRooms, Run, type RunOpenOptions } from "./eval/run.ts";
export { grownScene, newScene } from "./eval/larger_scenes.ts";
export { type GivenScene, grownGrid, type Growth } from "./data/scenes/growth.ts";
export { PRIOR_NAMES, type PriorName, type RoomRequest } from "./eval/room_request.ts";
export type { EditCondition } from "./run/project.ts";
export { selectedVoxels, type Selection } from "./data/scenes/selection.ts";
export type { Box } from "./data/scenes/known_parts.ts";
export type { SamplerOptions } from "./nn/prior/flow_prior.ts";
export type { DeviceName, PresetName, TrainOptions } from "./run/train_options.ts";
export type { Loading, Ranks, StatisticsRow } from "./run/statistics.ts";
export { type NewRunOptions, train, type TrainCallbacks, type TrainedRun } from "./train/train.ts";
export { UserError } from "./base/errors.ts";
export type { Backend } from "./nn/backend/backend.ts";
export type { Grid } from "./data/grid.ts";
export type { ModelConfig } from "./nn/models/config.ts";
