import { assert, assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { NodeIO } from "@gltf-transform/core";
import { load as loadNpy } from "npyjs";
// @ts-types="npm:@types/three@^0.187.0"
import { Box3, type BufferGeometry, Color, Mesh, MeshStandardMaterial, Object3D } from "three";
// @ts-types="npm:@types/three@^0.187.0/examples/jsm/loaders/GLTFLoader.js"
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
// @ts-types="npm:@types/three@^0.187.0/examples/jsm/loaders/PLYLoader.js"
import { PLYLoader } from "three/addons/loaders/PLYLoader.js";
// @ts-types="npm:@types/three@^0.187.0/examples/jsm/loaders/OBJLoader.js"
import { OBJLoader } from "three/addons/loaders/OBJLoader.js";
import readVox from "vox-reader";
import { validateBytes } from "gltf-validator";
import { UserError } from "../../../base/errors.ts";
import { CLASS_NAMES, PALETTE, PAPER_CLASSES } from "../../../data/classes.ts";
import type { Grid } from "../../../data/grid.ts";
import { decodeMesh, DEFAULT_MESH_OPTIONS } from "../../../data/formats/mesh/mod.ts";
import { encodeVolume } from "../../../viz/export/volume.ts";
import { encodeVox } from "../../../viz/export/vox.ts";
import { closedRoom, labelOf, volumeWith } from "../draw/scenes.ts";

const GRID: Grid = [16, 10, 12];
const ROOM = closedRoom(GRID);
const METRES = 0.06;
/** Classes of {@link closedRoom}. */
const CLASSES = ["ceiling", "floor", "wall", "window", "table"];

interface VoxFile {
  size: { x: number; y: number; z: number };
  xyzi: { values: { x: number; y: number; z: number; i: number }[] };
  rgba: { values: { r: number; g: number; b: number; a: number }[] };
}

Deno.test("vox: vox-reader finds every voxel with its colour, z up", () => {
  const read = readVox(encodeVox(ROOM, GRID)) as unknown as VoxFile;
  assertEquals({ ...read.size }, { x: 16, y: 12, z: 10 });
  const back = new Uint8Array(ROOM.length);
  for (const { x, y, z, i } of read.xyzi.values) back[(x * GRID[1] + z) * GRID[2] + (GRID[2] - 1 - y)] = i;
  assertEquals(back, ROOM);
  const { r, g, b, a } = read.rgba.values[labelOf("table") - 1];
  assertEquals([r, g, b, a], [...PALETTE[labelOf("table")], 255]);
});

Deno.test("vox: an empty volume has a model without voxels; more than 256 along an axis is refused", () => {
  assertEquals((readVox(encodeVox(new Uint8Array(8), [2, 2, 2])) as unknown as VoxFile).xyzi.values.length, 0);
  assertThrows(() => encodeVox(new Uint8Array(257), [257, 1, 1]), UserError, "at most 256");
});

Deno.test("glb: glTF Transform reads a mesh and a material per class, in metres", async () => {
  const document = await new NodeIO().readBinary(await encodeVolume(ROOM, GRID, "glb", METRES));
  const groups = document.getRoot().getDefaultScene()!.listChildren();
  assertEquals(groups.map((node) => node.getName()), CLASSES);
  assertEquals(groups.map((node) => node.getExtras().label), CLASSES.map((name) => CLASS_NAMES.indexOf(name as "bed")));
  assertEquals(document.getRoot().listMaterials().map((material) => material.getName()), CLASSES);
  const [floor] = groups[1].listChildren();
  const positions = floor.getMesh()!.listPrimitives()[0].getAttribute("POSITION")!;
  const low = positions.getMin([]), high = positions.getMax([]);
  const foot = [8 * METRES, 0, 6 * METRES];
  assertEquals([floor.getName(), floor.getTranslation()], ["floor 1", foot]);
  [[0, 0, 0], [16 * METRES, METRES, 12 * METRES]].forEach((corner, which) =>
    corner.forEach((value, axis) => assertAlmostEquals((which === 0 ? low : high)[axis] + foot[axis], value, 1e-6))
  );
});

Deno.test("glb: a node for each connected piece, its pivot in the middle of its underside; specks are one", async () => {
  const grid: Grid = [12, 6, 12], chair = labelOf("chair"), voxels: [number, number, number, number][] = [];
  for (const [x0, z0] of [[1, 1], [6, 3]]) {
    for (let y = 1; y < 4; y++) for (let x = x0; x < x0 + 2; x++) voxels.push([x, y, z0, chair]);
  }
  voxels.push([10, 2, 10, chair], [10, 4, 10, chair]);
  const glb = await encodeVolume(volumeWith(grid, voxels), grid, "glb", 0.5);
  const [group] = (await new NodeIO().readBinary(glb)).getRoot().getDefaultScene()!.listChildren();
  assertEquals(group.listChildren().map((node) => [node.getName(), node.getTranslation()]), [
    ["chair 1", [1, 0.5, 0.75]],
    ["chair 2", [3.5, 0.5, 1.75]],
    ["chair specks", [5.25, 1, 5.25]],
  ]);
  for (const node of group.listChildren().slice(0, 2)) {
    const positions = node.getMesh()!.listPrimitives()[0].getAttribute("POSITION")!;
    assertEquals([positions.getMin([]), positions.getMax([])], [[-0.5, 0, -0.25], [0.5, 1.5, 0.25]]);
  }
});

Deno.test("obj: three.js reads an object for each piece with colours, and the reader of meshes the same voxels", async () => {
  const bytes = await encodeVolume(ROOM, GRID, "obj", METRES), text = new TextDecoder().decode(bytes);
  const { children } = new OBJLoader().parse(text);
  assertEquals(children.map(({ name }) => name), [
    ...["ceiling_1", "floor_1", "wall_1", "window_1", "table_1"],
  ]);
  const { min, max } = new Box3().setFromObject(children[1]);
  [16 * METRES, METRES, 12 * METRES].forEach((size, axis) =>
    assertAlmostEquals(max.getComponent(axis) - min.getComponent(axis), size, 1e-5)
  );
  const table = children[4] as Mesh<BufferGeometry, MeshStandardMaterial>, color = table.geometry.getAttribute("color");
  const expected = new Color(`rgb(${PALETTE[labelOf("table")].join()})`); // the loader turns sRGB into linear
  assertAlmostEquals(color.getX(0), expected.r, 5e-3);
  assertAlmostEquals(color.getZ(0), expected.b, 5e-3);
  const back = await decodeMesh(bytes, "a.obj", PAPER_CLASSES, {
    ...DEFAULT_MESH_OPTIONS,
    grid: GRID,
    voxelMetres: METRES,
  });
  assertEquals(back.labels, ROOM as Uint8Array<ArrayBuffer>);
  const tight = await encodeVolume(ROOM, GRID, "obj", METRES, PAPER_CLASSES, true);
  assert(tight.length > 2 * bytes.length);
});

Deno.test("glb: three.js shows the colours of the palette; the size of a voxel follows from the grid", async () => {
  const bytes = await encodeVolume(ROOM, GRID, "glb");
  const { scene } = await new GLTFLoader().parseAsync(bytes.buffer, "");
  const meshes: Mesh<BufferGeometry, MeshStandardMaterial>[] = [];
  scene.traverse((object: Object3D) => {
    if (object instanceof Mesh) meshes.push(object);
  });
  assertEquals(meshes.length, CLASSES.length);
  for (const mesh of meshes) {
    const [red, green, blue] = PALETTE[CLASS_NAMES.indexOf(mesh.material.name as "bed")];
    assertEquals(mesh.material.color.getHex(), (red << 16) | (green << 8) | blue);
  }
  const { min, max } = new Box3().setFromObject(scene);
  [4.8, 4.8 * 10 / 16, 4.8 * 12 / 16].forEach((size, axis) => {
    assertAlmostEquals(max.getComponent(axis) - min.getComponent(axis), size, 1e-5);
  });
});

Deno.test("ply: three.js reads coloured rectangles in metres", async () => {
  const grid: Grid = [3, 4, 5];
  const sofa = labelOf("sofa");
  const bytes = await encodeVolume(volumeWith(grid, [[0, 1, 2, sofa], [1, 1, 2, sofa]]), grid, "ply", 0.5);
  const geometry = new PLYLoader().parse(bytes.buffer);
  assertEquals(geometry.getAttribute("position").count, 24);
  assertEquals(geometry.getIndex()!.count, 6 * 6);
  geometry.computeBoundingBox();
  assertEquals(geometry.boundingBox!.min.toArray(), [0, 0.5, 1]);
  assertEquals(geometry.boundingBox!.max.toArray(), [1, 1, 1.5]);
  assert(geometry.hasAttribute("color"));
  assertStringIncludes(new TextDecoder().decode(bytes.subarray(0, 400)), "property uchar label");
});

Deno.test("npy: npyjs reads the labels back", async () => {
  const bytes = await encodeVolume(ROOM, GRID, "npy");
  const { data, shape, dtype } = await loadNpy(bytes.buffer);
  assertEquals([shape, dtype], [[...GRID], "u1"]);
  assertEquals(data, ROOM);
});

Deno.test("exports: a volume without a voxel is an empty but valid file in every format", async () => {
  const empty = new Uint8Array(8), grid: Grid = [2, 2, 2];
  for (const watertight of [false, true]) {
    const document = await new NodeIO().readBinary(
      await encodeVolume(empty, grid, "glb", 1, PAPER_CLASSES, watertight),
    );
    assertEquals(document.getRoot().listMeshes().length, 0);
    const ply = await encodeVolume(empty, grid, "ply", 1, PAPER_CLASSES, watertight);
    assertEquals(new PLYLoader().parse(ply.buffer).getAttribute("position").count, 0);
  }
});

Deno.test("glb: Khronos' validator finds no error and no warning; scene, grid and size of voxels are in the file", async () => {
  for (const labels of [ROOM, new Uint8Array(ROOM.length)]) {
    for (const watertight of [false, true]) {
      const glb = await encodeVolume(labels, GRID, "glb", METRES, PAPER_CLASSES, watertight);
      const { issues } = await validateBytes(glb);
      assertEquals([issues.numErrors, issues.numWarnings], [0, 0], JSON.stringify(issues.messages));
      const scene = (await new NodeIO().readBinary(glb)).getRoot().getDefaultScene();
      assertEquals(scene?.getExtras(), { grid: [...GRID], voxelMetres: METRES });
    }
  }
});

/** How many edges between places do not border on exactly two faces that turn the same way. */
function openEdges(positions: ArrayLike<number>, indices: ArrayLike<number>): number {
  const edges = new Map<string, number[]>();
  const placeOf = (vertex: number) => [0, 1, 2].map((axis) => positions[3 * vertex + axis]).join();
  for (let i = 0; i < indices.length; i++) {
    const from = placeOf(indices[i]), to = placeOf(indices[i % 3 === 2 ? i - 2 : i + 1]);
    const key = [from, to].sort().join(" "), directions = edges.get(key) ?? [];
    edges.set(key, directions);
    directions.push(from < to ? 1 : -1);
  }
  return [...edges.values()].filter((uses) => uses.length !== 2 || uses[0] + uses[1] !== 0).length;
}

Deno.test("glb, ply: --watertight makes every edge border on two faces, which merged rectangles do not", async () => {
  // Floor, walls with a window in them, a table: nothing touches itself along a mere edge.
  for (const watertight of [true, false]) {
    const glb = await new NodeIO().readBinary(await encodeVolume(ROOM, GRID, "glb", METRES, PAPER_CLASSES, watertight));
    const open = glb.getRoot().listMeshes().map((mesh) => {
      const [primitive] = mesh.listPrimitives(), positions = primitive.getAttribute("POSITION")!.getArray()!;
      return openEdges(positions, primitive.getIndices()!.getArray()!);
    });
    assertEquals(open.every((count) => count === 0), watertight, `${open}`);
  }
  const grid: Grid = [4, 4, 4], step = volumeWith(grid, [[0, 0, 0, 8], [1, 0, 0, 8], [2, 0, 0, 8], [1, 1, 0, 8]]);
  for (const watertight of [true, false]) {
    const ply = new PLYLoader().parse((await encodeVolume(step, grid, "ply", 0.5, PAPER_CLASSES, watertight)).buffer);
    const open = openEdges(ply.getAttribute("position").array, ply.getIndex()!.array);
    assertEquals(open === 0, watertight);
    assertEquals(ply.getAttribute("position").count, watertight ? 20 : 4 * 12);
  }
});
