/** Binary glTF, `.glb`: triangles by node, mesh and material, in the place where the scene has them. */
import {
  type Document,
  GLB_BUFFER,
  type JSONDocument,
  Logger,
  type mat4,
  type Node,
  type Primitive,
  type vec3,
  type vec4,
  WebIO,
} from "@gltf-transform/core";
import { EXTMeshGPUInstancing, type InstancedMesh } from "@gltf-transform/extensions";
import { FormatError } from "../../../base/byte_reader.ts";
import { glbChunks } from "./glb_chunks.ts";
import { type MeshFile, type MeshPart, MOST_TRIANGLES, type PartName, tooManyTriangles } from "./mesh_part.ts";
import { readVolumeExtras } from "./volume_extras.ts";

/** Modes of a primitive that have triangles. */
const TRIANGLES = 4, TRIANGLE_STRIP = 5, TRIANGLE_FAN = 6;

/**
 * Reads the triangles of the file's scene, of all nodes if it has none. Positions are in metres and y is up, by the
 * standard; skins and morph targets stay in the pose in which they were modelled.
 *
 * Format: Khronos, glTF 2.0.
 *
 * @throws {FormatError} if the file is damaged, its buffers are elsewhere, or it needs an extension.
 */
export async function readGlb(bytes: Uint8Array): Promise<MeshFile> {
  const { json, binary, unread } = glbChunks(bytes);
  const document = await parse({
    json: json as unknown as JSONDocument["json"],
    resources: binary ? { [GLB_BUFFER]: binary } : {},
  });
  const root = document.getRoot(), scene = root.getDefaultScene() ?? root.listScenes()[0];
  const parts: MeshPart[] = [];
  let triangles = 0;
  const visit = (node: Node, above: readonly string[]): void => {
    const path = [node.getName(), ...above].filter((name) => name !== "");
    const mesh = node.getMesh();
    const solid = mesh?.listPrimitives().filter((primitive) => trianglesOf(primitive) > 0) ?? [];
    const places = solid.length > 0 ? placesOf(node, document) : [];
    for (const primitive of solid) {
      const names: PartName[] = [
        ...path.slice(0, 1).map((text) => ({ kind: "node" as const, text })),
        { kind: "mesh", text: mesh!.getName() },
        { kind: "material", text: primitive.getMaterial()?.getName() ?? "" },
        // A node of a group is called by the group's name too: a chair by that of the dining set.
        ...path.slice(1).map((text) => ({ kind: "node" as const, text })),
      ];
      triangles += trianglesOf(primitive) * places.length;
      if (triangles > MOST_TRIANGLES) throw tooManyTriangles();
      const corners = cornersOf(primitive, places);
      if (corners.length > 0) parts.push({ names: names.filter(({ text }) => text !== ""), corners });
    }
    for (const child of node.listChildren()) visit(child, path);
  };
  const top = scene ? scene.listChildren() : root.listNodes().filter((node) => node.getParentNode() === null);
  for (const node of top) visit(node, []);
  return { parts, unread, exported: readVolumeExtras(scene?.getExtras()) };
}

async function parse(json: JSONDocument): Promise<Document> {
  try {
    return await new WebIO().setLogger(new Logger(Logger.Verbosity.SILENT)).registerExtensions([EXTMeshGPUInstancing])
      .readJSON(json);
  } catch (cause) { // whatever goes wrong in there, the file is the cause
    throw new FormatError(`it is no readable glTF: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** Where the mesh of a node is, as matrices (column by column): once, or as often as `EXT_mesh_gpu_instancing` says. */
function placesOf(node: Node, document: Document): mat4[] {
  const instances = node.getExtension<InstancedMesh>(EXTMeshGPUInstancing.EXTENSION_NAME);
  if (!instances) return [node.getWorldMatrix()];
  const [translation, rotation, scale] = ["TRANSLATION", "ROTATION", "SCALE"].map((name) =>
    instances.getAttribute(name)
  );
  const count = instances.listAttributes()[0]?.getCount() ?? 0;
  if (instances.listAttributes().some((attribute) => attribute.getCount() !== count)) {
    throw new FormatError("the attributes of its instances differ in their number");
  }
  const instance = document.createNode();
  node.addChild(instance);
  const places = Array.from({ length: count }, (_, i) => {
    if (translation) instance.setTranslation(translation.getElement(i, []) as number[] as vec3);
    if (rotation) instance.setRotation(rotation.getElement(i, []) as number[] as vec4);
    if (scale) instance.setScale(scale.getElement(i, []) as number[] as vec3);
    return instance.getWorldMatrix();
  });
  instance.dispose();
  return places;
}

/** Number of triangles of a primitive. */
function trianglesOf(primitive: Primitive): number {
  const positions = primitive.getAttribute("POSITION"), mode = primitive.getMode();
  if (!positions || ![TRIANGLES, TRIANGLE_STRIP, TRIANGLE_FAN].includes(mode)) return 0;
  const count = primitive.getIndices()?.getCount() ?? positions.getCount();
  return mode === TRIANGLES ? Math.floor(count / 3) : Math.max(0, count - 2);
}

/** Corners of a primitive's triangles at each of its places. */
function cornersOf(primitive: Primitive, places: readonly mat4[]): Float64Array {
  const length = 9 * trianglesOf(primitive), corners = new Float64Array(length * places.length);
  places.forEach((place, i) => setCorners(corners.subarray(length * i, length * (i + 1)), primitive, place));
  return corners;
}

/** Writes the corners of a primitive's triangles under a matrix. */
function setCorners(corners: Float64Array, primitive: Primitive, matrix: mat4): void {
  const positions = primitive.getAttribute("POSITION")!, mode = primitive.getMode();
  if (positions.getType() !== "VEC3") throw new FormatError(`its positions are ${positions.getType()}, expected VEC3`);
  const order = primitive.getIndices()?.getArray() ?? null, point = [0, 0, 0];
  const mirrored = determinant(matrix) < 0;
  for (let triangle = 0; triangle < corners.length / 9; triangle++) {
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
}

function determinant(m: mat4): number {
  return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[4] * (m[1] * m[10] - m[2] * m[9]) + m[8] * (m[1] * m[6] - m[2] * m[5]);
}
