/** Formats that volumes are exported to, which are also the endings of the files. */
export const EXPORT_FORMATS = ["vox", "glb", "ply", "npy"] as const;

/** A format that volumes are exported to. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
