/** Meshes as scenes. */
export { decodeMesh, DEFAULT_MESH_OPTIONS, meshFormat, type MeshOptions } from "./mesh_format.ts";
export { type ClassMap, readClassMap } from "./class_map.ts";
export type { PlacementOptions } from "./placement.ts";
export type { Fill } from "./voxelise.ts";
