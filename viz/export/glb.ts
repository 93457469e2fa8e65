/** glTF 2.0 in one binary file, `.glb`. */
import { Document, WebIO } from "@gltf-transform/core";
import { type ClassColor, type ClassSet, PAPER_CLASSES } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import type { VolumeExtras } from "../../data/formats/mesh/volume_extras.ts";
import { greedyMesh, type Quads } from "./greedy_mesh.ts";
import { indexQuads } from "./indexed_quads.ts";
import { type VolumeObject, volumeObjects } from "./objects.ts";
import { VERSION } from "../../base/version.ts";

/** Two triangles per rectangle, in the order of its corners. */
const TRIANGLES = [0, 1, 2, 0, 2, 3];

/**
 * The surface of a volume as binary glTF: for each class that occurs a node named after it, with `extras.label`, and
 * below it a node and a mesh for each object (`volumeObjects`), whose pivot is the middle of its underside; a material
 * for each class. Metres, y up, the corner of voxel (0, 0, 0) in the origin; each class is a closed surface, so hiding
 * one in a viewer shows what was behind it. Grid and size of voxels are in the `extras`
 * of the scene ({@link VolumeExtras}), so that the file can be read back.
 *
 * @param labels `[D, H, W]`, C order.
 * @param metres edge of a voxel.
 * @param classes what the labels stand for.
 * @param watertight whether triangles share their corners and meet edge to edge, see {@link MeshOptions.singleSides}.
 */
export async function encodeGlb(
  labels: Uint8Array,
  grid: Grid,
  metres: number,
  classes: ClassSet = PAPER_CLASSES,
  watertight = false,
): Promise<Uint8Array<ArrayBuffer>> {
  const quads = greedyMesh(labels, grid, { closedClasses: true, singleSides: watertight });
  const document = new Document(), root = document.getRoot();
  root.getAsset().generator = `3D-FCR-alphaGAN ${VERSION}`;
  const scene = document.createScene("volume").setExtras({ grid, voxelMetres: metres } satisfies VolumeExtras);
  root.setDefaultScene(scene);
  const buffer = quads.count > 0 ? document.createBuffer() : null; // a buffer must not be empty
  const accessor = (array: Float32Array<ArrayBuffer>) =>
    document.createAccessor().setType("VEC3").setArray(array).setBuffer(buffer);
  for (const [label, objects] of Map.groupBy(volumeObjects(labels, grid, quads, classes), ({ label }) => label)) {
    const name = classes.names[label], group = document.createNode(name).setExtras({ label });
    const material = document.createMaterial(name)
      .setBaseColorFactor([...linearColor(classes.palette[label]), 1])
      .setMetallicFactor(0)
      .setRoughnessFactor(0.9);
    for (const object of objects) {
      const { positions, normals, indices } = meshOf(quads, object, metres, watertight);
      const primitive = document.createPrimitive()
        .setAttribute("POSITION", accessor(positions))
        .setAttribute("NORMAL", normals && accessor(normals))
        .setIndices(document.createAccessor().setType("SCALAR").setArray(indices).setBuffer(buffer))
        .setMaterial(material);
      const [x, y, z] = object.foot;
      group.addChild(
        document.createNode(object.name)
          .setTranslation([x * metres, y * metres, z * metres])
          .setMesh(document.createMesh(object.name).addPrimitive(primitive)),
      );
    }
    scene.addChild(group);
  }
  if (quads.count === 0) scene.addChild(document.createNode("empty")); // nor may the list of a scene's nodes
  return await new WebIO().writeBinary(document) as Uint8Array<ArrayBuffer>;
}

/** Triangles of an object, in metres from its foot. Corners that are shared have no normals: viewers draw flat. */
function meshOf(quads: Quads, object: VolumeObject, metres: number, shared: boolean): {
  positions: Float32Array<ArrayBuffer>;
  normals: Float32Array<ArrayBuffer> | null;
  indices: Uint32Array<ArrayBuffer>;
} {
  const { positions, corners, quads: chosen } = indexQuads(quads, object.quads, shared);
  const indices = new Uint32Array(6 * chosen.length);
  for (let i = 0; i < indices.length; i++) indices[i] = corners[4 * Math.floor(i / 6) + TRIANGLES[i % 6]];
  for (let i = 0; i < positions.length; i++) positions[i] = (positions[i] - object.foot[i % 3]) * metres;
  if (shared) return { positions, normals: null, indices };
  const normals = new Float32Array(positions.length);
  corners.forEach((corner, i) => {
    const quad = chosen[i >> 2];
    normals[3 * corner + quads.axis[quad]] = quads.sign[quad];
  });
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
