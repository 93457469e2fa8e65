/** Scenes as label volumes: classes, file formats, sources, splits, batches. */
export * from "./classes.ts";
export {
  type ClassEntry,
  CLASSES_FILE,
  classesFor,
  type ClassFile,
  classListOf,
  classSetOf,
  findClasses,
  isPublished,
  readClasses,
  readClassFile,
  writeClasses,
} from "./class_file.ts";
export { fillPalette } from "./class_palette.ts";
export * from "./grid.ts";
export { checkLabels, fromOneHot, toLabels } from "./labels.ts";
export * from "./formats/npy.ts";
export * from "./formats/safetensors.ts";
export type { JobReader, SceneFile, SceneJob, SceneProvenance, SceneSource } from "./scenes/scene_source.ts";
export type { NpySceneJob } from "./formats/npy_scene.ts";
export { SCENEVOX_FOLDER, scenevoxFolder, scenevoxSource } from "./formats/scenevox.ts";
export * from "./formats/downsample.ts";
export * from "./formats/sscnet_format.ts";
export * from "./formats/sscnet.ts";
export * from "./scenes/open.ts";
export type { FileTree, FoundFile } from "./scenes/file_tree.ts";
export type { DataSet, LabelOptions, SceneKind } from "./scenes/scene_kind.ts";
export { type Resizing, RESIZINGS } from "./formats/resize.ts";
export {
  PACK_ENDING,
  PACK_SHARD_SCENES,
  type PackPart,
  packSource,
  writePack,
  type WritePackOptions,
  type WrittenPack,
} from "./formats/pack/pack.ts";
export * from "./scenes/fingerprint.ts";
export { decodedKind, type DecodedScene, decodedSource, type SceneFormat } from "./formats/decoded_source.ts";
export { decodeNpz, npzFormat, type NpzOptions } from "./formats/npz.ts";
export { decodeOccscannet, OCCSCANNET_FORMAT } from "./formats/occscannet.ts";
export { decodeVox, VOX_FORMAT } from "./formats/vox/vox.ts";
export { decodePly, plyFormat, type PlyOptions } from "./formats/ply/ply.ts";
export { FRONT_KIND, type FrontOptions } from "./formats/front3d/front3d.ts";
export { HABITAT_KIND, type HabitatOptions } from "./formats/habitat/habitat.ts";
export { PROCTHOR_KIND, type ProcthorOptions } from "./formats/procthor/procthor.ts";
export { HOUSE_PARTS, type HousePart } from "./formats/procthor/scene_places.ts";
export {
  decodeKitti,
  KITTI_CLASSES,
  KITTI_GRID,
  KITTI_KIND,
  type KittiMasks,
} from "./formats/semantickitti/semantickitti.ts";
export * from "./formats/mesh/mod.ts";
export * from "./rooms/mod.ts";
export * from "./scenes/split.ts";
export * from "./scenes/manifest.ts";
export * from "./scenes/augment.ts";
export * from "./scenes/loader.ts";
export * from "./scenes/scene_reader.ts";
export * from "./scenes/statistics.ts";
export * from "./scenes/write_scenes.ts";
export * from "./formats/tensorflow/mod.ts";
