/** Triangles to labels. */
import { type Grid, voxelCount } from "../../grid.ts";
import { divideSurface } from "./bodies.ts";
import { markInterior } from "./interior.ts";
import type { MeshPart } from "./mesh_part.ts";
import { markSurface } from "./surface.ts";

/** What becomes voxels: `solid` surfaces and what they enclose, `surface` surfaces alone. */
export const FILLS = ["solid", "surface"] as const;

/** What of a body becomes voxels. */
export type Fill = (typeof FILLS)[number];

/** Labels of a mesh. */
export interface Voxelised {
  /** Labels `[x, y, z]` in C order, 0 where nothing is. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** Triangles that were passed over because their area is zero. */
  readonly degenerate: number;
  /** By label, how many connected pieces enclose a volume (`bodies`) and how many do not (`sheets`). */
  readonly pieces: ReadonlyMap<number, { readonly bodies: number; readonly sheets: number }>;
}

/**
 * Labels of the voxels that each class fills. All parts of a class count as one surface, so a body may be divided into
 * parts, by material for instance; what encloses a volume is decided for each connected piece of it.
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
  const pieces = new Map<number, { bodies: number; sheets: number }>();
  let degenerate = 0;
  for (const [label, members] of Map.groupBy(parts, ({ label }) => label)) {
    marks.fill(0);
    const { bodies, sheets, bodyCount, sheetCount } = divideSurface(joined(members.map(({ part }) => part.corners)));
    pieces.set(label, { bodies: bodyCount, sheets: sheetCount });
    degenerate += markSurface(bodies, "bodies", grid, marks) + markSurface(sheets, "sheets", grid, marks);
    if (fill === "solid") markInterior(bodies, grid, marks);
    for (let voxel = 0; voxel < labels.length; voxel++) {
      if (marks[voxel] === 1 && (labels[voxel] === 0 || ranks[label] > ranks[labels[voxel]])) labels[voxel] = label;
    }
  }
  return { labels, degenerate, pieces };
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
