/** Procedural indoor scenes, rooms and crops of homes, for demonstrations, tests and measurements without a data set. */
export type { Grid } from "../grid.ts";
export type { SceneFile, SceneProvenance, SceneSource } from "../scenes/scene_source.ts";
export { makeRoom, roomType } from "./make_room.ts";
export { makeHomeCrop, makeWholeHome, type WholeHome } from "./homes/home_scenes.ts";
export { wholeHomes } from "./homes/whole_homes.ts";
export { HOMES, isProcedural, type ProceduralName, ROOMS, scenesMeant } from "./procedural_name.ts";
export { proceduralSource, type RoomOptions, type RoomSceneJob, roomSource } from "./procedural_source.ts";
export type { RoomType } from "./room_types.ts";
