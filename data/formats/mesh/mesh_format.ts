/** Meshes, `.glb` and `.obj`, as scenes. */
import { FormatError } from "../../../base/byte_reader.ts";
import { UserError } from "../../../base/errors.ts";
import type { ClassSet } from "../../classes.ts";
import type { DecodedScene, SceneFormat } from "../decoded_source.ts";
import { formatGrid, FULL_GRID, voxelCount } from "../../grid.ts";
import { type ClassMap, mapParts, ranksOf } from "./class_map.ts";
import { readObj } from "./obj.ts";
import type { MeshFile } from "./mesh_part.ts";
import { type PlacedMesh, type PlacementOptions, placeMesh } from "./placement.ts";
import { type Fill, voxelise, type Voxelised } from "./voxelise.ts";

/** How meshes become scenes. */
export interface MeshOptions extends PlacementOptions {
  /** What of a body becomes voxels. */
  readonly fill: Fill;
  /** Classes by names; null to take parts that are named after classes. */
  readonly classMap: ClassMap | null;
}

/** Exports where they were; others in metres, y up, standing on the floor in the middle of the published grid. Solid. */
export const DEFAULT_MESH_OPTIONS: MeshOptions = {
  grid: null,
  up: null,
  unitMetres: 1,
  voxelMetres: null,
  fit: false,
  align: null,
  fill: "solid",
  classMap: null,
};

/** Endings of mesh files. */
export const MESH_ENDINGS = [".glb", ".obj"] as const;

/** Most voxels of a scene; one more byte per voxel and axis is needed while it is made. */
const MOST_VOXELS = 2 ** 27;

/** Files of one ending as scenes. */
export function meshFormat(ending: string, options: MeshOptions = DEFAULT_MESH_OPTIONS): SceneFormat {
  return {
    kind: ending.slice(1),
    title: `${ending} mesh`,
    endings: [ending],
    several: false,
    options: meshNotes(options),
    decode: async (bytes, name, classes) => [await decodeMesh(bytes, name, classes, options)],
  };
}

/** Options as manifests have them. */
export function meshNotes(options: MeshOptions): Readonly<Record<string, string | number | boolean>> {
  const { up, unitMetres, voxelMetres, fit, align, fill, classMap } = options;
  return {
    ...{ up: up ?? "y", unitMetres, fit, fill },
    align: align ?? "as exported, else floor",
    voxelMetres: voxelMetres ?? "as exported, else 4.8 m / voxels along x",
    ...classMap && { classMap: JSON.stringify(classMap) },
  };
}

/**
 * Voxels of a mesh file, with notes on its triangles, size and names.
 *
 * @param name names the file in errors; its ending tells the format.
 * @throws {UserError} if the file is damaged or empty, a part is of no class, or nothing lies inside the grid.
 */
export async function decodeMesh(
  bytes: Uint8Array,
  name: string,
  classes: ClassSet,
  options: MeshOptions = DEFAULT_MESH_OPTIONS,
): Promise<DecodedScene> {
  return voxeliseMesh(await readMesh(bytes, name), name, classes, options);
}

/** Voxels of the triangles of a file; as {@link decodeMesh}. */
export function voxeliseMesh(
  { parts: found, unread, exported }: MeshFile,
  name: string,
  classes: ClassSet,
  options: MeshOptions,
): DecodedScene {
  const { classMap, fill } = options;
  const grid = options.grid ?? exported?.grid ?? FULL_GRID;
  if (voxelCount(grid) > MOST_VOXELS) throw new UserError(`--grid ${formatGrid(grid)}: at most ${MOST_VOXELS} voxels`);
  const notRead = unread.length > 0 ? [`not read: ${unread.join(", ")}`] : [];
  if (found.length === 0) {
    if (exported) return { name: "", grid, labels: new Uint8Array(voxelCount(grid)), notes: ["an empty export"] };
    throw new UserError(
      [`${name} has no triangles; it may hold only points, lines or other files`, ...notRead].join("; "),
    );
  }
  const mapped = mapParts(found, classes, classMap, name);
  if (mapped.parts.length === 0) {
    throw new UserError(`${name}: the class map leaves out every part, so nothing is left`);
  }
  const placed = placeMesh(mapped.parts.map(({ part }) => part), options, exported, name);
  const labelled = placed.parts.map((part, i) => ({ part, label: mapped.parts[i].label }));
  const voxelised = voxelise(labelled, grid, fill, ranksOf(classes, classMap));
  const { labels, degenerate } = voxelised;
  const triangles = labelled.reduce((sum, { part }) => sum + part.corners.length / 9, 0);
  if (degenerate === triangles) throw new UserError(`${name}: all its ${triangles} triangles have no area`);
  const place = describePlace(placed);
  if (labels.every((label) => label === 0)) {
    throw new UserError(
      `${name}: nothing of the mesh lies inside the grid; ${place}. See --fit, --align, --up and --unit-metres`,
    );
  }
  const counts = `${triangles} triangles in ${labelled.length} parts` +
    (mapped.leftOut > 0 ? `, ${mapped.leftOut} parts left out` : "") +
    (degenerate > 0 ? `, ${degenerate} triangles without area passed over` : "");
  const decided = fill === "solid" ? describePieces(voxelised, classes) : [];
  return { name: "", grid, labels, notes: [counts, place, ...decided, ...notRead] };
}

/** The triangles of a file. @throws {UserError} naming the file, whose ending tells the format, if it is damaged. */
export async function readMesh(bytes: Uint8Array, name: string): Promise<MeshFile> {
  try {
    if (name.toLowerCase().endsWith(".obj")) return { parts: readObj(bytes), unread: [], exported: null };
    const { readGlb } = await import("./glb.ts"); // its package takes a moment to load
    return await readGlb(bytes);
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Size of the mesh, and how much of the box around it is outside the grid. */
function describePlace({ bounds: { low, high }, grid, voxelMetres }: PlacedMesh): string {
  const shown = (value: number) => Number(value.toPrecision(3));
  const metres = high.map((value, axis) => shown((value - low[axis]) * voxelMetres)).join(" x ");
  const outside = low.some((value, axis) => value < -1e-3 || high[axis] > grid[axis] + 1e-3);
  const range = low.map((value, axis) => `${shown(value)}..${shown(high[axis])}`).join(", ");
  return `${metres} m (x, y up, z), voxels of ${shown(voxelMetres)} m; it reaches over voxels ${range} of ` +
    `${formatGrid(grid)}${outside ? ", what is outside is cut off" : ""}`;
}

/** Which connected pieces of each class were filled, and which were not. */
function describePieces({ pieces }: Voxelised, { names }: ClassSet): string[] {
  const list = (kind: "bodies" | "sheets") =>
    [...pieces].flatMap(([label, counts]) => counts[kind] > 0 ? [`${names[label]} ${counts[kind]}`] : []).join(", ");
  const bodies = list("bodies"), sheets = list("sheets");
  return [
    ...bodies ? [`pieces that enclose a volume, filled: ${bodies}`] : [],
    ...sheets ? [`pieces that are open or face inwards, surfaces only: ${sheets}`] : [],
  ];
}
