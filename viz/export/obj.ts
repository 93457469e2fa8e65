/** Wavefront `.obj` meshes. */
import { type ClassSet, PAPER_CLASSES } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import { greedyMesh } from "./greedy_mesh.ts";
import { indexQuads } from "./indexed_quads.ts";
import { volumeObjects } from "./objects.ts";

/**
 * The surface of a volume as a text of vertices and rectangles: an `o` for each object (`volumeObjects`), a `usemtl`
 * for its class, the class's colour behind the place of each vertex, as MeshLab and Blender read it, so that there is
 * no second file. Metres, y up; each class is a closed surface.
 *
 * Format: Wavefront, Advanced Visualizer, appendix B1, 1995.
 *
 * @param labels `[D, H, W]`, C order.
 * @param metres edge of a voxel.
 * @param classes what the labels stand for.
 * @param watertight whether rectangles share their corners and meet edge to edge, see {@link MeshOptions.singleSides}.
 */
export function encodeObj(
  labels: Uint8Array,
  grid: Grid,
  metres: number,
  classes: ClassSet = PAPER_CLASSES,
  watertight = false,
): Uint8Array<ArrayBuffer> {
  const quads = greedyMesh(labels, grid, { closedClasses: true, singleSides: watertight });
  const lines = ["# label volume, metres, y up"];
  let before = 1; // vertices count from 1
  for (const { label, name, quads: chosen } of volumeObjects(labels, grid, quads, classes)) {
    const { positions, corners } = indexQuads(quads, chosen, watertight);
    const color = classes.palette[label].map((value) => (value / 255).toFixed(3)).join(" ");
    lines.push(`o ${word(name)}`, `usemtl ${word(classes.names[label])}`);
    for (let i = 0; i < positions.length; i += 3) {
      const place = [positions[i], positions[i + 1], positions[i + 2]].map((value) => +(value * metres).toFixed(6));
      lines.push(`v ${place.join(" ")} ${color}`);
    }
    for (let i = 0; i < corners.length; i += 4) {
      lines.push(`f ${Array.from(corners.subarray(i, i + 4), (corner) => before + corner).join(" ")}`);
    }
    before += positions.length / 3;
  }
  return new TextEncoder().encode(lines.join("\n") + "\n");
}

/** A name in one word: some readers take no more. */
function word(name: string): string {
  return name.replaceAll(/\s+/g, "_");
}
