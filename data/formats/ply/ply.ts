/** Meshes with labels at their vertices or faces, as ScanNet, Replica and Matterport3D have them. */
import { FormatError } from "../../../base/byte_reader.ts";
import { UserError } from "../../../base/errors.ts";
import type { ClassSet } from "../../classes.ts";
import type { DataSet } from "../../scenes/scene_kind.ts";
import type { DecodedScene, SceneFormat } from "../decoded_source.ts";
import { DEFAULT_MESH_OPTIONS, meshNotes, type MeshOptions, voxeliseMesh } from "../mesh/mesh_format.ts";
import { type MeshPart, MOST_TRIANGLES, tooManyTriangles } from "../mesh/mesh_part.ts";
import { triangulate } from "../mesh/polygon.ts";
import PLY_CLASSES from "./classes.json" with { type: "json" };
import { labelNames } from "./label_names.ts";
import { type PlyElements, readPly } from "./ply_file.ts";

/** How labelled meshes become scenes. */
export interface PlyOptions {
  /** What their numbers stand for: `nyu40`, `scannet200`, or a file (label_names.ts); by the file if left out. */
  readonly labelNames?: string;
  /** What they have in common with other meshes; their z axis is up unless told otherwise. */
  readonly mesh?: MeshOptions;
}

/** Properties with labels, the first that is there. */
const LABEL_PROPERTIES = ["label", "category_id", "object_id", "class_id", "semantic_id"] as const;
/** Numbers that stand for "not labelled" everywhere: 0 and below, and the highest of a byte and of two. */
const isUnlabelled = (label: number) => label <= 0 || label === 255 || label === 65_535;
/** The name of what has no label: the class map leaves it out. */
const UNLABELLED = "unlabelled";

/** Data sets in such files. */
export const PLY_DATA: readonly DataSet[] = [
  { name: "ScanNet, ScanNet200", from: "www.scan-net.org, on request", licence: "ScanNet's terms, for research" },
  { name: "Replica", from: "github.com/facebookresearch/Replica-Dataset", licence: "Replica's terms, for research" },
  {
    name: "Matterport3D",
    from: "niessner.github.io/Matterport, on request",
    licence: "Matterport's terms, for research",
  },
];

/** Labelled `.ply` files. */
export function plyFormat({ labelNames, mesh = DEFAULT_MESH_OPTIONS }: PlyOptions): SceneFormat {
  const options: MeshOptions = { ...mesh, up: mesh.up ?? "z", classMap: mesh.classMap ?? PLY_CLASSES };
  return {
    kind: "ply",
    title: "labelled .ply mesh",
    endings: [".ply"],
    several: false,
    options: {
      ...meshNotes(options),
      ...labelNames !== undefined && { labelNames },
      licence: "that of the data set; ScanNet, Replica and Matterport3D: each for research, under its own terms",
    },
    decode: async (bytes, path, classes) => [await decodePly(bytes, path, classes, labelNames, options)],
  };
}

/**
 * Voxels of a labelled mesh.
 *
 * @param path of the file: the names of its labels may be in another one beside it.
 * @throws {UserError} if the file is damaged, has no faces or no labels, or one of no name or class.
 */
export async function decodePly(
  bytes: Uint8Array,
  path: string,
  classes: ClassSet,
  asked: string | undefined,
  options: MeshOptions,
): Promise<DecodedScene> {
  try {
    const { corners, labels, property } = labelledTriangles(readPly(bytes));
    const names = await labelNames(path, property, asked);
    const nameOf = (label: number): string => {
      const zeroCounts = property === "object_id"; // Replica's first object is 0
      if (isUnlabelled(label) && !(zeroCounts && label === 0)) return UNLABELLED;
      if (Object.hasOwn(names, label)) return names[label];
      if (property === "object_id") return UNLABELLED;
      throw new FormatError(
        `label ${label} has no name in ${asked ?? "nyu40"}; say what it stands for with --label-names`,
      );
    };
    const parts = partsOf(corners, labels, nameOf);
    return voxeliseMesh({ parts, unread: [], exported: null }, path, classes, options);
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

interface LabelledTriangles {
  /** Nine numbers each. */
  readonly corners: Float64Array;
  /** One each. */
  readonly labels: Float64Array;
  /** Property that the labels are from. */
  readonly property: string;
}

function labelledTriangles(file: ReadonlyMap<string, PlyElements>): LabelledTriangles {
  const vertex = file.get("vertex"), face = file.get("face");
  const [x, y, z] = ["x", "y", "z"].map((axis) => vertex?.numbers.get(axis));
  const corners = face?.lists.get("vertex_indices") ?? face?.lists.get("vertex_index");
  if (!vertex || !face || !x || !y || !z || !corners || face.count === 0) {
    throw new FormatError("it has no faces, or no vertices with x, y and z; points alone fill no voxels");
  }
  const labelOf = (elements: PlyElements) => LABEL_PROPERTIES.find((name) => elements.numbers.has(name));
  const ofFaces = labelOf(face), ofVertices = labelOf(vertex), property = ofFaces ?? ofVertices;
  if (property === undefined) {
    throw new FormatError(`neither faces nor vertices have labels: a property ${LABEL_PROPERTIES.join(", ")}`);
  }
  const { values, starts } = corners, points: number[] = [], labels: number[] = [];
  const faceLabels = ofFaces === undefined ? null : face.numbers.get(ofFaces)!;
  const vertexLabels = faceLabels ? null : vertex.numbers.get(property)!;
  for (let i = 0; i < face.count; i++) {
    const indices = values.subarray(starts[i], starts[i + 1]);
    const wrong = indices.find((index) => !(index >= 0 && index < vertex.count));
    if (wrong !== undefined) throw new FormatError(`face ${i} names vertex ${wrong}, there are ${vertex.count}`);
    if (indices.length < 3) continue;
    const order = indices.length === 3
      ? indices
      : triangulate([...indices].flatMap((at) => [x[at], y[at], z[at]])).map((corner) => indices[corner]);
    for (let at = 0; at < order.length; at += 3) {
      const three = [order[at], order[at + 1], order[at + 2]];
      for (const index of three) points.push(x[index], y[index], z[index]);
      labels.push(faceLabels ? faceLabels[i] : agreed(three.map((index) => vertexLabels![index])));
    }
    if (labels.length > MOST_TRIANGLES) throw tooManyTriangles();
  }
  return { corners: Float64Array.from(points), labels: Float64Array.from(labels), property };
}

/** The label of two corners or more, else that of the first. */
function agreed([a, b, c]: readonly number[]): number {
  return b === c ? b : a;
}

function partsOf(corners: Float64Array, labels: Float64Array, nameOf: (label: number) => string): MeshPart[] {
  const names = new Map<number, string>(), counts = new Map<string, number>();
  for (const label of labels) {
    const name = names.get(label) ?? nameOf(label);
    names.set(label, name);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const parts = new Map(
    [...counts].map(([name, count]) => [name, { corners: new Float64Array(9 * count), filled: 0 }]),
  );
  labels.forEach((label, triangle) => {
    const part = parts.get(names.get(label)!)!;
    part.corners.set(corners.subarray(9 * triangle, 9 * triangle + 9), 9 * part.filled++);
  });
  return [...parts].map(([text, { corners }]) => ({ names: [{ kind: "object", text }], corners }));
}
