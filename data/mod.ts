/** Scenes as label volumes: classes, file formats, sources, splits, batches. */
export * from "./classes.ts";
export * from "./grid.ts";
export { checkLabels, toLabels } from "./labels.ts";
export * from "./npy.ts";
export * from "./safetensors.ts";
export type { SceneFile, SceneProvenance, SceneSource } from "./scene_source.ts";
export * from "./scenevox.ts";
export * from "./downsample.ts";
export * from "./sscnet_format.ts";
export * from "./sscnet.ts";
export * from "./open.ts";
export * from "./rooms/mod.ts";
export * from "./split.ts";
export * from "./manifest.ts";
export * from "./loader.ts";
export * from "./statistics.ts";
export * from "./write_scenes.ts";
export * from "./tensorflow/mod.ts";
