/** Meshes as scenes. */
export { decodeMesh, DEFAULT_MESH_OPTIONS, meshFormat, type MeshOptions } from "./mesh_format.ts";
export { type ClassMap, readClassMap } from "./class_map.ts";
export { ALIGNMENTS, type PlacementOptions, UP_AXES } from "./placement.ts";
export { type Fill, FILLS } from "./voxelise.ts";
