/** Triangles of one kind, as the readers of mesh files give them. */

import { FormatError } from "../../../base/byte_reader.ts";
import type { VolumeExtras } from "./volume_extras.ts";

/** Most triangles of a file: those of one more would need more than 400 MB. */
export const MOST_TRIANGLES = 5_000_000;

/** The error for a file with more than {@link MOST_TRIANGLES}. */
export function tooManyTriangles(): FormatError {
  return new FormatError(`it has more than ${MOST_TRIANGLES} triangles; simplify it, a voxel needs but a few`);
}

/** What a name in a file belongs to. */
export type NameKind = "node" | "mesh" | "material" | "object";

/** A name that a part goes by. */
export interface PartName {
  /** What the name belongs to: nodes and meshes of glTF, objects and groups of OBJ, materials of both. */
  readonly kind: NameKind;
  /** As in the file, never empty. */
  readonly text: string;
}

/** Triangles that share their names, and so their class. */
export interface MeshPart {
  /** Every name, the most specific first. */
  readonly names: readonly PartName[];
  /** Corners in units of the file, nine numbers per triangle: x, y, z of each, counter-clockwise seen from outside. */
  readonly corners: Float64Array;
}

/** What a mesh file holds. */
export interface MeshFile {
  /** Triangles; none where the file has only points, lines or other things. */
  readonly parts: readonly MeshPart[];
  /** What the file uses and is not read, by its name in the file or in the format. */
  readonly unread: readonly string[];
  /** What the file says of the volume if it is an export. */
  readonly exported: VolumeExtras | null;
}

/** `node Chair.001, material wood`. */
export function describeNames(names: readonly PartName[]): string {
  return names.map(({ kind, text }) => `${kind} ${text}`).join(", ") || "a part without a name";
}
