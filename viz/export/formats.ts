/** Formats that volumes are exported to, which are also the endings of the files. */
export const EXPORT_FORMATS = ["vox", "glb", "ply", "obj", "npy"] as const;

/** Whether a word is one of the formats. */
export function isExportFormat(word: string): word is ExportFormat {
  return EXPORT_FORMATS.some((format) => format === word);
}

/** Those that hold a surface, not voxels. */
export const MESH_FORMATS: readonly ExportFormat[] = ["glb", "ply", "obj"];

/** A format that volumes are exported to. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
