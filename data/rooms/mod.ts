/** Procedural indoor scenes, for demonstrations, tests and measurements without a data set. */
export type { Grid } from "../grid.ts";
export type { SceneFile, SceneProvenance, SceneSource } from "../scenes/scene_source.ts";
export { makeRoom, roomType } from "./make_room.ts";
export { type RoomOptions, type RoomSceneJob, roomSource } from "./room_source.ts";
export type { RoomType } from "./room_types.ts";
export { ROOMS, scenesMeant } from "./rooms_name.ts";
