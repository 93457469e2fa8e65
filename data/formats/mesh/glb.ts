/** Binary glTF, `.glb`: triangles by node, mesh and material, in the place where the scene has them. */
import { Logger, type mat4, type Node, type Primitive, WebIO } from "@gltf-transform/core";
import { z } from "zod";
import { FormatError } from "../../../base/byte_reader.ts";
import { type MeshPart, MOST_TRIANGLES, type PartName, tooManyTriangles } from "./mesh_part.ts";

/** Modes of a primitive that have triangles. */
const TRIANGLES = 4, TRIANGLE_STRIP = 5, TRIANGLE_FAN = 6;
/** Length of the header and of the header of its first chunk; the chunk's kind, `JSON`. */
const HEADER_BYTES = 12, CHUNK_HEADER_BYTES = 8, JSON_CHUNK = 0x4e4f534a;
/** Nodes below nodes, far more than any program nests; a file that says more runs in circles. */
const DEEPEST = 256;

const outlineSchema = z.looseObject({
  accessors: z.array(z.looseObject({ count: z.number() })).optional(),
  buffers: z.array(z.looseObject({ uri: z.string().optional() })).optional(),
  extensionsRequired: z.array(z.string()).optional(),
  nodes: z.array(z.looseObject({ children: z.array(z.number()).optional() })).optional(),
});

/**
 * Reads the triangles of the file's scene. Positions are in metres and y is up, by the standard; skins and morph targets
 * stay in the pose in which they were modelled.
 *
 * Format: Khronos, glTF 2.0.
 *
 * @throws {FormatError} if the file is damaged, its buffers are elsewhere, or it needs an extension.
 */
export async function readGlb(bytes: Uint8Array): Promise<MeshPart[]> {
  checkOutline(bytes);
  const document = await new WebIO().setLogger(new Logger(Logger.Verbosity.SILENT)).readBinary(new Uint8Array(bytes))
    .catch((cause) => { // whatever goes wrong in there, the file is the cause
      throw new FormatError(`it is no readable glTF: ${cause instanceof Error ? cause.message : cause}`);
    });
  const root = document.getRoot(), scene = root.getDefaultScene() ?? root.listScenes()[0];
  const parts: MeshPart[] = [];
  let triangles = 0;
  const visit = (node: Node, above: readonly string[]): void => {
    const path = [node.getName(), ...above].filter((name) => name !== "");
    const mesh = node.getMesh();
    for (const primitive of mesh?.listPrimitives() ?? []) {
      const names: PartName[] = [
        ...path.slice(0, 1).map((text) => ({ kind: "node" as const, text })),
        { kind: "mesh", text: mesh!.getName() },
        { kind: "material", text: primitive.getMaterial()?.getName() ?? "" },
        // A node of a group is called by the group's name too: a chair by that of the dining set.
        ...path.slice(1).map((text) => ({ kind: "node" as const, text })),
      ];
      const corners = cornersOf(primitive, node.getWorldMatrix());
      triangles += corners.length / 9;
      if (triangles > MOST_TRIANGLES) throw tooManyTriangles();
      if (corners.length > 0) parts.push({ names: names.filter(({ text }) => text !== ""), corners });
    }
    for (const child of node.listChildren()) visit(child, path);
  };
  for (const node of scene?.listChildren() ?? []) visit(node, []);
  return parts;
}

/** Refuses what would make a reader allocate more than the file can fill, walk in circles, or ask the network. */
function checkOutline(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < HEADER_BYTES + CHUNK_HEADER_BYTES || view.getUint32(0, true) !== 0x46546c67) {
    throw new FormatError('it does not start with "glTF"; .gltf files must be saved as .glb');
  }
  const jsonBytes = view.getUint32(HEADER_BYTES, true), start = HEADER_BYTES + CHUNK_HEADER_BYTES;
  if (view.getUint32(4, true) !== 2) throw new FormatError(`it is glTF ${view.getUint32(4, true)}, expected 2`);
  if (view.getUint32(16, true) !== JSON_CHUNK || start + jsonBytes > bytes.length) {
    throw new FormatError("its first chunk is not a whole JSON chunk; the file is truncated or damaged");
  }
  const result = outlineSchema.safeParse(parsed(bytes.subarray(start, start + jsonBytes)));
  if (!result.success) throw new FormatError(`its JSON is no glTF: ${result.error.issues[0].path.join(".")}`);
  const { accessors = [], buffers = [], extensionsRequired = [], nodes = [] } = result.data;
  const elsewhere = buffers.find(({ uri }) => uri !== undefined && !uri.startsWith("data:"));
  if (elsewhere) {
    throw new FormatError(`its buffer is in another file, ${elsewhere.uri!.slice(0, 80)}; save it as one .glb file`);
  }
  if (buffers.length > 0 && buffers[0].uri === undefined && bytes.length <= start + jsonBytes + CHUNK_HEADER_BYTES) {
    throw new FormatError("its buffer is missing: there is no binary chunk behind the JSON");
  }
  if (extensionsRequired.length > 0) {
    throw new FormatError(
      `it needs ${extensionsRequired.join(", ").slice(0, 200)}; export it without compression and other extensions`,
    );
  }
  const elements = accessors.reduce((sum, { count }) => sum + (count >= 0 ? count : NaN), 0);
  if (!(elements <= bytes.length)) {
    throw new FormatError(`its accessors have ${elements} elements, the file has only ${bytes.length} bytes`);
  }
  checkNodes(nodes.map(({ children = [] }) => children));
}

/** Every node is below one other at most, and none below itself. */
function checkNodes(children: readonly (readonly number[])[]): void {
  const seen = new Set<number>();
  for (const child of children.flat()) {
    if (seen.has(child)) throw new FormatError(`its node ${child} is below two others`);
    seen.add(child);
  }
  const depth = new Array<number>(children.length).fill(0);
  const queue = [...children.keys()].filter((node) => !seen.has(node));
  for (let at = 0; at < queue.length; at++) {
    for (const child of children[queue[at]] ?? []) {
      depth[child] = depth[queue[at]] + 1;
      if (depth[child] > DEEPEST) throw new FormatError(`its nodes are nested more than ${DEEPEST} deep`);
      queue.push(child);
    }
  }
  if (queue.length < children.length) throw new FormatError("its nodes run in circles");
}

function parsed(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(json));
  } catch {
    throw new FormatError("its JSON chunk is no JSON");
  }
}

/** Corners of a primitive's triangles under a matrix (column by column). */
function cornersOf(primitive: Primitive, matrix: mat4): Float64Array {
  const positions = primitive.getAttribute("POSITION"), mode = primitive.getMode();
  if (!positions || ![TRIANGLES, TRIANGLE_STRIP, TRIANGLE_FAN].includes(mode)) return new Float64Array();
  if (positions.getType() !== "VEC3") throw new FormatError(`its positions are ${positions.getType()}, expected VEC3`);
  const order = primitive.getIndices()?.getArray() ?? null, count = order?.length ?? positions.getCount();
  const triangles = mode === TRIANGLES ? Math.floor(count / 3) : Math.max(0, count - 2);
  const corners = new Float64Array(9 * triangles), point = [0, 0, 0];
  const mirrored = determinant(matrix) < 0;
  for (let triangle = 0; triangle < triangles; triangle++) {
    const places = mode === TRIANGLES
      ? [3 * triangle, 3 * triangle + 1, 3 * triangle + 2]
      : mode === TRIANGLE_FAN
      ? [0, triangle + 1, triangle + 2]
      : [triangle, triangle + 1 + triangle % 2, triangle + 2 - triangle % 2];
    if (mirrored) places.reverse();
    places.forEach((place, corner) => {
      const index = order ? order[place] : place;
      if (index >= positions.getCount()) {
        throw new FormatError(`a triangle names vertex ${index}, there are ${positions.getCount()}`);
      }
      const [x, y, z] = positions.getElement(index, point);
      for (let row = 0; row < 3; row++) {
        corners[9 * triangle + 3 * corner + row] = matrix[row] * x + matrix[4 + row] * y + matrix[8 + row] * z +
          matrix[12 + row];
      }
    });
  }
  return corners;
}

function determinant(m: mat4): number {
  return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[4] * (m[1] * m[10] - m[2] * m[9]) + m[8] * (m[1] * m[6] - m[2] * m[5]);
}
