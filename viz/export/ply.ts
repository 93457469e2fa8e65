/** Stanford `.ply` meshes. */
import { type ClassColor, PALETTE } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import { greedyMesh } from "./greedy_mesh.ts";
import { indexQuads, quadsOfClass } from "./indexed_quads.ts";

/** x, y, z as float32, then red, green, blue. */
const VERTEX_BYTES = 3 * 4 + 3;
/** Number of corners, four indices as int32, the class. */
const FACE_BYTES = 1 + 4 * 4 + 1;

/**
 * The surface of a volume as a binary little endian PLY: rectangles with coloured corners, and the class of each in the
 * face property `label`. Metres, y up; each class is a closed surface.
 *
 * Format: G. Turk, "The PLY polygon file format", 1994.
 *
 * @param labels `[D, H, W]`, C order.
 * @param metres edge of a voxel.
 * @param palette colour of each label.
 * @param watertight whether rectangles share their corners and meet edge to edge, see {@link MeshOptions.singleSides}.
 */
export function encodePly(
  labels: Uint8Array,
  grid: Grid,
  metres: number,
  palette: readonly ClassColor[] = PALETTE,
  watertight = false,
): Uint8Array<ArrayBuffer> {
  const quads = greedyMesh(labels, grid, { closedClasses: true, singleSides: watertight });
  const meshes = palette.map((_, label) => indexQuads(quads, quadsOfClass(quads, label), watertight));
  const vertexCount = meshes.reduce((sum, { positions }) => sum + positions.length / 3, 0);
  const header = new TextEncoder().encode([
    "ply",
    "format binary_little_endian 1.0",
    "comment label volume, metres, y up",
    `element vertex ${vertexCount}`,
    ...["x", "y", "z"].map((name) => `property float ${name}`),
    ...["red", "green", "blue"].map((name) => `property uchar ${name}`),
    `element face ${quads.count}`,
    "property list uchar int vertex_indices",
    "property uchar label",
    "end_header",
    "",
  ].join("\n"));
  const file = new Uint8Array(header.length + vertexCount * VERTEX_BYTES + quads.count * FACE_BYTES);
  file.set(header);
  const view = new DataView(file.buffer);
  let at = header.length;
  for (const [label, { positions }] of meshes.entries()) {
    for (let i = 0; i < positions.length; i += 3, at += VERTEX_BYTES) {
      for (let axis = 0; axis < 3; axis++) view.setFloat32(at + 4 * axis, positions[i + axis] * metres, true);
      file.set(palette[label], at + 12);
    }
  }
  let firstVertex = 0;
  for (const [label, { positions, corners }] of meshes.entries()) {
    for (let i = 0; i < corners.length; i += 4, at += FACE_BYTES) {
      file[at] = 4;
      for (let corner = 0; corner < 4; corner++) {
        view.setInt32(at + 1 + 4 * corner, firstVertex + corners[i + corner], true);
      }
      file[at + 17] = label;
    }
    firstVertex += positions.length / 3;
  }
  return file;
}
