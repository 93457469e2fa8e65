/** Stanford `.ply` meshes. */
import { type ClassColor, PALETTE } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import { greedyMesh, quadCorners } from "./greedy_mesh.ts";

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
 */
export function encodePly(
  labels: Uint8Array,
  grid: Grid,
  metres: number,
  palette: readonly ClassColor[] = PALETTE,
): Uint8Array<ArrayBuffer> {
  const quads = greedyMesh(labels, grid, { closedClasses: true });
  const header = new TextEncoder().encode([
    "ply",
    "format binary_little_endian 1.0",
    "comment label volume, metres, y up",
    `element vertex ${4 * quads.count}`,
    ...["x", "y", "z"].map((name) => `property float ${name}`),
    ...["red", "green", "blue"].map((name) => `property uchar ${name}`),
    `element face ${quads.count}`,
    "property list uchar int vertex_indices",
    "property uchar label",
    "end_header",
    "",
  ].join("\n"));
  const file = new Uint8Array(header.length + quads.count * (4 * VERTEX_BYTES + FACE_BYTES));
  file.set(header);
  const view = new DataView(file.buffer);
  const corners = new Float32Array(12);
  let at = header.length;
  for (let quad = 0; quad < quads.count; quad++) {
    quadCorners(quads, quad, corners, 0);
    for (let corner = 0; corner < 4; corner++, at += VERTEX_BYTES) {
      for (let axis = 0; axis < 3; axis++) view.setFloat32(at + 4 * axis, corners[3 * corner + axis] * metres, true);
      file.set(palette[quads.label[quad]], at + 12);
    }
  }
  for (let quad = 0; quad < quads.count; quad++, at += FACE_BYTES) {
    file[at] = 4;
    for (let corner = 0; corner < 4; corner++) view.setInt32(at + 1 + 4 * corner, 4 * quad + corner, true);
    file[at + 17] = quads.label[quad];
  }
  return file;
}
