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
export { checkLabels, toLabels } from "./labels.ts";
export * from "./npy.ts";
export * from "./safetensors.ts";
export type { SceneFile, SceneProvenance, SceneSource } from "./scene_source.ts";
export type { RoomSceneJob, SceneJob, SscnetSceneJob } from "./scene_job.ts";
export type { NpySceneJob } from "./npy_scene.ts";
export { SCENEVOX_FOLDER, scenevoxFolder, scenevoxSource } from "./scenevox.ts";
export * from "./downsample.ts";
export * from "./sscnet_format.ts";
export * from "./sscnet.ts";
export * from "./open.ts";
export {
  PACK_ENDING,
  PACK_SHARD_SCENES,
  packSource,
  writePack,
  type WritePackOptions,
  type WrittenPack,
} from "./pack.ts";
export * from "./fingerprint.ts";
export { type DecodedScene, decodedSource, type SceneFormat } from "./decoded_source.ts";
export { decodeNpz, NPZ_FORMAT } from "./npz.ts";
export { decodeOccscannet, OCCSCANNET_FORMAT } from "./occscannet.ts";
export { decodeVox, VOX_FORMAT } from "./vox.ts";
export * from "./mesh/mod.ts";
export * from "./rooms/mod.ts";
export * from "./split.ts";
export * from "./manifest.ts";
export * from "./augment.ts";
export * from "./loader.ts";
export * from "./scene_reader.ts";
export * from "./statistics.ts";
export * from "./write_scenes.ts";
export * from "./tensorflow/mod.ts";
