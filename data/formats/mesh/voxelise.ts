/** Triangles to labels. */
import { type Grid, voxelCount } from "../../grid.ts";
import { markInterior } from "./interior.ts";
import type { MeshPart } from "./mesh_part.ts";
import { markSurface } from "./surface.ts";

/** What of a body becomes voxels: `solid` its surface and what it encloses, `surface` the surface alone. */
export const FILLS = ["solid", "surface"] as const;

/** What of a body becomes voxels. */
export type Fill = (typeof FILLS)[number];

/** Labels of a mesh. */
export interface Voxelised {
  /** Labels `[x, y, z]` in C order, 0 where nothing is. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** Triangles that were passed over because their area is zero. */
  readonly degenerate: number;
}

/**
 * Labels of the voxels that bodies of each class fill. All parts of a class count as one body, so a body may be divided
 * into parts, by material for instance.
 *
 * @param parts with corners in voxels, see `placeMesh`.
 * @param ranks by label: where several classes claim a voxel the one with the largest gets it.
 */
export function voxelise(
  parts: readonly { readonly part: MeshPart; readonly label: number }[],
  grid: Grid,
  fill: Fill,
  ranks: Uint16Array,
): Voxelised {
  const labels = new Uint8Array(voxelCount(grid)), marks = new Uint8Array(labels.length);
  let degenerate = 0;
  for (const [label, members] of Map.groupBy(parts, ({ label }) => label)) {
    marks.fill(0);
    const corners = joined(members.map(({ part }) => part.corners));
    degenerate += markSurface(corners, grid, marks);
    if (fill === "solid") markInterior(corners, grid, marks);
    for (let voxel = 0; voxel < labels.length; voxel++) {
      if (marks[voxel] === 1 && (labels[voxel] === 0 || ranks[label] > ranks[labels[voxel]])) labels[voxel] = label;
    }
  }
  return { labels, degenerate };
}

function joined(arrays: readonly Float64Array[]): Float64Array {
  if (arrays.length === 1) return arrays[0];
  const all = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
