/** Scenes as label volumes: classes, file formats, sources, splits, batches. */
export * from "./classes.ts";
export * from "./npy.ts";
export * from "./safetensors.ts";
export * from "./scene_source.ts";
