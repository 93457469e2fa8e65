/** glTF 2.0 in one binary file, `.glb`. */
import { Document, WebIO } from "@gltf-transform/core";
import { type ClassColor, type ClassSet, PAPER_CLASSES } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import { greedyMesh, quadCorners, type Quads } from "./greedy_mesh.ts";
import { VERSION } from "../../base/version.ts";

/** Two triangles per rectangle, in the order of its corners. */
const TRIANGLES = [0, 1, 2, 0, 2, 3];

/**
 * The surface of a volume as binary glTF: for each class that occurs a node and a mesh named after it with a material
 * of its own colour, `extras.label` on the node. Metres, y up, the corner of voxel (0, 0, 0) in the origin; each class
 * is a closed surface, so hiding one in a viewer shows what was behind it.
 *
 * @param labels `[D, H, W]`, C order.
 * @param metres edge of a voxel.
 * @param classes what the labels stand for.
 */
export async function encodeGlb(
  labels: Uint8Array,
  grid: Grid,
  metres: number,
  { names, palette }: ClassSet = PAPER_CLASSES,
): Promise<Uint8Array<ArrayBuffer>> {
  const quads = greedyMesh(labels, grid, { closedClasses: true });
  const document = new Document();
  document.getRoot().getAsset().generator = `3D-FCR-alphaGAN ${VERSION}`;
  const buffer = document.createBuffer();
  const scene = document.createScene("volume");
  for (let label = 1; label < names.length; label++) {
    const { positions, normals, indices } = meshOf(quads, label, metres);
    if (indices.length === 0) continue;
    const accessor = (array: Float32Array<ArrayBuffer>) =>
      document.createAccessor().setType("VEC3").setArray(array).setBuffer(buffer);
    const primitive = document.createPrimitive()
      .setAttribute("POSITION", accessor(positions))
      .setAttribute("NORMAL", accessor(normals))
      .setIndices(document.createAccessor().setType("SCALAR").setArray(indices).setBuffer(buffer))
      .setMaterial(
        document.createMaterial(names[label])
          .setBaseColorFactor([...linearColor(palette[label]), 1])
          .setMetallicFactor(0)
          .setRoughnessFactor(0.9),
      );
    const mesh = document.createMesh(names[label]).addPrimitive(primitive);
    scene.addChild(document.createNode(names[label]).setMesh(mesh).setExtras({ label }));
  }
  return await new WebIO().writeBinary(document) as Uint8Array<ArrayBuffer>;
}

/** Triangles of the rectangles of one class, in metres. */
function meshOf(quads: Quads, label: number, metres: number): {
  positions: Float32Array<ArrayBuffer>;
  normals: Float32Array<ArrayBuffer>;
  indices: Uint32Array<ArrayBuffer>;
} {
  const count = quads.label.reduce((sum, each) => sum + (each === label ? 1 : 0), 0);
  const positions = new Float32Array(12 * count), normals = new Float32Array(12 * count);
  const indices = new Uint32Array(6 * count);
  for (let quad = 0, at = 0; quad < quads.count; quad++) {
    if (quads.label[quad] !== label) continue;
    quadCorners(quads, quad, positions, 12 * at);
    for (let corner = 0; corner < 4; corner++) normals[12 * at + 3 * corner + quads.axis[quad]] = quads.sign[quad];
    TRIANGLES.forEach((corner, i) => indices[6 * at + i] = 4 * at + corner);
    at++;
  }
  for (let i = 0; i < positions.length; i++) positions[i] *= metres;
  return { positions, normals, indices };
}

/** Red, green, blue in 0–1 without the sRGB curve, as glTF wants its factors. */
function linearColor([red, green, blue]: ClassColor): [number, number, number] {
  const linear = (value: number): number => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return [linear(red), linear(green), linear(blue)];
}
